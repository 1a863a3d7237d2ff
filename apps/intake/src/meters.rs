//! What is counted, in the text form of Prometheus. No tag, text, key or address is a label.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, read 2026-11.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Upper bounds of the times that answers took, in milliseconds.
const BOUNDS: [u64; 8] = [1, 2, 5, 10, 50, 100, 1000, 10_000];

/// Every number. All are since the start.
#[derive(Debug, Default)]
pub struct Meters {
    /// Reports that are on the disk.
    pub stored: AtomicU64,
    /// Reports that were there already.
    pub duplicates: AtomicU64,
    /// Withdrawals.
    pub withdrawals: AtomicU64,
    /// Tokens given out.
    pub tokens: AtomicU64,
    /// Enrolments.
    pub enrolments: AtomicU64,
    /// Blinded questions answered.
    pub evaluations: AtomicU64,
    /// Messages passed on.
    pub relayed: AtomicU64,
    /// Requests under way.
    pub under_way: AtomicU64,
    rejects: Mutex<BTreeMap<&'static str, u64>>,
    answers: Mutex<BTreeMap<u16, u64>>,
    times: [AtomicU64; BOUNDS.len() + 1],
    time_sum_us: AtomicU64,
}

/// Adds one.
pub fn one_more(meter: &AtomicU64) {
    meter.fetch_add(1, Ordering::Relaxed);
}

impl Meters {
    /// Counts something that was not taken, by the stable code of the reason.
    pub fn reject(&self, code: &'static str) {
        let mut rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner);
        *rejects.entry(code).or_default() += 1;
    }

    /// Returns how much was not taken, by reason.
    #[must_use]
    pub fn rejects(&self) -> BTreeMap<&'static str, u64> {
        self.rejects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts an answer with its status and the time it took.
    pub fn answered(&self, status: u16, took: Duration) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(status).or_default() += 1;
        drop(answers);
        let at = BOUNDS
            .iter()
            .position(|bound| took <= Duration::from_millis(*bound));
        one_more(&self.times[at.unwrap_or(BOUNDS.len())]);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.time_sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Writes everything down; `gauges` are numbers that others know, by name and meaning.
    #[must_use]
    pub fn text(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut out = String::new();
        let counters: [(&str, &str, &AtomicU64); 7] = [
            (
                "reports_stored",
                "Reports that are on the disk.",
                &self.stored,
            ),
            (
                "reports_duplicate",
                "Reports that were there already.",
                &self.duplicates,
            ),
            ("withdrawals", "Withdrawals that hold.", &self.withdrawals),
            ("tokens_issued", "Tokens given out.", &self.tokens),
            ("enrolments", "Installations enrolled.", &self.enrolments),
            (
                "evaluations",
                "Blinded questions answered.",
                &self.evaluations,
            ),
            ("relayed", "Messages passed on.", &self.relayed),
        ];
        for (name, what, value) in counters {
            let value = value.load(Ordering::Relaxed);
            head(&mut out, &format!("{name}_total"), what, "counter");
            line(&mut out, &format!("{name}_total"), value);
        }
        head(
            &mut out,
            "rejects_total",
            "What was not taken, by reason.",
            "counter",
        );
        for (reason, value) in self.rejects() {
            line(
                &mut out,
                &format!("rejects_total{{reason=\"{reason}\"}}"),
                value,
            );
        }
        head(&mut out, "answers_total", "Answers, by status.", "counter");
        let answers = self
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (status, value) in answers {
            line(
                &mut out,
                &format!("answers_total{{status=\"{status}\"}}"),
                value,
            );
        }
        self.histogram(&mut out);
        let under_way = self.under_way.load(Ordering::Relaxed);
        head(
            &mut out,
            "requests_under_way",
            "Requests under way.",
            "gauge",
        );
        line(&mut out, "requests_under_way", under_way);
        for (name, what, value) in gauges {
            head(&mut out, name, what, "gauge");
            line(&mut out, name, *value);
        }
        out
    }

    fn histogram(&self, out: &mut String) {
        let name = "answer_seconds";
        head(out, name, "Time until an answer.", "histogram");
        let mut all = 0;
        for (bound, number) in BOUNDS.iter().zip(&self.times) {
            all += number.load(Ordering::Relaxed);
            let bound = *bound as f64 / 1000.0;
            line(out, &format!("{name}_bucket{{le=\"{bound}\"}}"), all);
        }
        all += self.times[BOUNDS.len()].load(Ordering::Relaxed);
        line(out, &format!("{name}_bucket{{le=\"+Inf\"}}"), all);
        let sum = self.time_sum_us.load(Ordering::Relaxed) as f64 / 1e6;
        out.push_str(&format!("candor_intake_{name}_sum {sum}\n"));
        line(out, &format!("{name}_count"), all);
    }
}

fn head(out: &mut String, name: &str, what: &str, kind: &str) {
    out.push_str(&format!("# HELP candor_intake_{name} {what}\n"));
    out.push_str(&format!("# TYPE candor_intake_{name} {kind}\n"));
}

fn line(out: &mut String, name: &str, value: u64) {
    out.push_str(&format!("candor_intake_{name} {value}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_help_and_type() {
        let meters = Meters::default();
        one_more(&meters.stored);
        meters.reject("mac");
        meters.reject("mac");
        meters.answered(200, Duration::from_millis(3));
        meters.answered(429, Duration::from_secs(60));
        let text = meters.text(&[("waiting", "What waits for the disk.", 3)]);
        for expected in [
            "# TYPE candor_intake_reports_stored_total counter",
            "candor_intake_reports_stored_total 1",
            "candor_intake_rejects_total{reason=\"mac\"} 2",
            "candor_intake_answers_total{status=\"429\"} 1",
            "candor_intake_answer_seconds_bucket{le=\"0.002\"} 0",
            "candor_intake_answer_seconds_bucket{le=\"0.005\"} 1",
            "candor_intake_answer_seconds_bucket{le=\"+Inf\"} 2",
            "candor_intake_answer_seconds_count 2",
            "candor_intake_waiting 3",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected}\n{text}"
            );
        }
    }
}
