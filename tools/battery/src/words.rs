//! The readings for people.

use tool::{Bar, Block, Cell, Section, Table};

use crate::reading::{Battery, NOT_REPORTED, Readings, Source, State, Target, Together};

/// Said when the system lists no battery.
pub(crate) const NO_BATTERY: &str = "This machine has no battery that the system reports.";

/// Said about a disk whose machine is not running.
pub(crate) const AT_REST: &str =
    "There is nothing to read about a battery on a disk at rest: only a running machine knows it.";

/// Said when the system was asked and did not answer.
pub(crate) const NOT_READ: &str = "Whether this machine has a battery could not be read.";

/// Returns the section that shows `readings`; `nothing` is what to say when there is no battery.
pub(crate) fn section(readings: &Readings, nothing: &str) -> Section {
    let mut section = Section {
        title: "Battery".to_owned(),
        ..Section::default()
    };
    match &readings.together {
        Some(all) => section.summary = summary(all),
        None => section.summary.push(nothing.to_owned()),
    }
    if !readings.batteries.is_empty() {
        section.blocks.push(overview(&readings.batteries));
        section
            .blocks
            .extend(bars("Charge", &readings.batteries, charge_bar));
        section
            .blocks
            .extend(bars("Health", &readings.batteries, health_bar));
    }
    section
        .blocks
        .extend(others("Batteries of other devices", &readings.peripherals));
    section
        .blocks
        .extend(others("Uninterruptible power supplies", &readings.ups));
    if !readings.batteries.is_empty() {
        section.blocks.push(sources(&readings.batteries));
        section.blocks.extend(refused(&readings.batteries));
    }
    let all = readings
        .batteries
        .iter()
        .chain(&readings.peripherals)
        .chain(&readings.ups);
    for battery in all {
        section.notes.extend(
            battery
                .doubts
                .iter()
                .map(|doubt| format!("{}: {doubt}.", battery.id)),
        );
    }
    for battery in readings
        .batteries
        .iter()
        .filter(|battery| battery.healths.len() > 1)
    {
        let healths = battery
            .healths
            .iter()
            .map(|it| format!("{:.1} % ({})", it.percent, it.from));
        let healths = healths.collect::<Vec<_>>().join("; ");
        section.notes.push(format!(
            "{}: there is more than one health figure: {healths}.",
            battery.id
        ));
    }
    section
}

fn summary(all: &Together) -> Vec<String> {
    let who = match all.of.len() + all.left_out.len() {
        1 => "The battery is".to_owned(),
        count => format!("{count} batteries together are"),
    };
    let mut first = match all.charge_percent {
        Some(percent) => format!("{who} charged to {percent:.1} %"),
        None => format!("{who} there; the charge is {NOT_REPORTED}"),
    };
    // With several, the percentage is these two by each other; with one it may be the system's.
    if let (Some(now), Some(full), true) = (all.energy.now_wh, all.energy.full_wh, is_share(all)) {
        first.push_str(&format!(" ({now:.2} of {full:.2} Wh)"));
    }
    match (all.state, all.power_w) {
        (State::Unknown, _) => first.push_str("; its state is not reported"),
        (state @ (State::Charging | State::Discharging), Some(power)) => {
            first.push_str(&format!(", {} at {power:.1} W", state.words()));
        }
        (state, _) => first.push_str(&format!(", {}", state.words())),
    }
    first.push('.');
    if let (Some(minutes), Some(to)) = (all.time_left_minutes, all.time_left_to) {
        let to = match to {
            Target::Empty => "until empty",
            Target::Full => "until full",
            Target::Limit => "until the charge limit",
        };
        first.push_str(&format!(
            " About {} {to}, at the present rate.",
            span(minutes)
        ));
    }
    let mut lines = vec![first];

    lines.push(match (all.health_percent, &all.health_from) {
        (Some(health), _) if all.of.len() > 1 => format!(
            "Health {health:.1} %: full charges of {} out of {} when new.",
            watt_hours(all.energy.full_wh),
            watt_hours(all.energy.design_wh)
        ),
        (Some(health), Some(from)) => format!("Health {health:.1} % ({from})."),
        _ => "Health is not reported.".to_owned(),
    });
    for lack in &all.left_out {
        lines.push(format!("{} is not counted: {}.", lack.field, lack.why));
    }
    lines
}

/// Returns whether the percentage shown is the energy now by the full energy shown.
fn is_share(all: &Together) -> bool {
    let (Some(percent), Some(now), Some(full)) =
        (all.charge_percent, all.energy.now_wh, all.energy.full_wh)
    else {
        return false;
    };
    (percent - 100.0 * now / full).abs() < 0.05
}

/// One column a battery, one row a fact: machines have few batteries and many facts.
fn overview(batteries: &[Battery]) -> Block {
    type Fact = (&'static str, fn(&Battery) -> String);
    const FACTS: &[Fact] = &[
        ("Battery", |it| words(known(&[&it.manufacturer, &it.model]))),
        ("Technology", |it| words(it.technology.clone())),
        ("State", |it| it.state.words().to_owned()),
        ("Charge", |it| match (it.charge_percent, &it.charge_from) {
            (Some(percent), Some(from)) => format!("{percent:.1} % ({from})"),
            _ => NOT_REPORTED.to_owned(),
        }),
        ("Charge by the system", |it| {
            percent(it.charge_system_percent)
        }),
        ("Energy now", |it| watt_hours(it.energy.now_wh)),
        ("Energy when full", |it| watt_hours(it.energy.full_wh)),
        ("Energy when new", |it| watt_hours(it.energy.design_wh)),
        ("Health", |it| percent(it.health_percent)),
        ("Power", |it| number(it.power_w, 3, "W")),
        ("Voltage", |it| number(it.voltage_v, 2, "V")),
        ("Temperature", |it| number(it.temperature_c, 1, "°C")),
        ("Cycles", |it| match (it.cycles, it.cycles_design) {
            (Some(cycles), Some(design)) => format!("{cycles} of {design}"),
            (Some(cycles), None) => cycles.to_string(),
            _ => NOT_REPORTED.to_owned(),
        }),
        ("Charge limits", |it| {
            match (it.thresholds.start_percent, it.thresholds.end_percent) {
                (Some(start), Some(end)) => format!("from {start} % to {end} %"),
                (None, Some(end)) => format!("to {end} %"),
                (Some(start), None) => format!("from {start} %"),
                (None, None) => NOT_REPORTED.to_owned(),
            }
        }),
        ("Cells", |it| match it.cells_mv.as_slice() {
            [] => NOT_REPORTED.to_owned(),
            cells => format!(
                "{} mV",
                cells
                    .iter()
                    .map(i64::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }),
        ("Made", |it| words(it.manufactured.clone())),
        ("Time left, at the present rate", |it| {
            match it.time_left_minutes {
                Some(minutes) => span(minutes),
                None => NOT_REPORTED.to_owned(),
            }
        }),
        ("Time left, by the system", |it| {
            match it.system_time_left_minutes {
                Some(minutes) => span(minutes),
                None => NOT_REPORTED.to_owned(),
            }
        }),
    ];
    let mut columns = vec!["Fact".to_owned()];
    columns.extend(batteries.iter().map(|battery| battery.id.clone()));
    let row = |(name, of): &Fact| {
        let mut cells = vec![Cell::Text((*name).to_owned())];
        cells.extend(batteries.iter().map(|battery| Cell::Text(of(battery))));
        cells
    };
    let rows = FACTS.iter().map(row).collect();
    Block::Table(Table {
        title: "What the battery says".to_owned(),
        columns,
        rows,
        more: 0,
    })
}

fn bars(title: &str, batteries: &[Battery], bar: fn(&Battery) -> Option<Bar>) -> Option<Block> {
    let bars: Vec<Bar> = batteries.iter().filter_map(bar).collect();
    (!bars.is_empty()).then(|| Block::Bars {
        title: title.to_owned(),
        bars,
    })
}

fn charge_bar(battery: &Battery) -> Option<Bar> {
    let percent = battery.charge_percent?;
    let shown = format!("{percent:.1} %");
    Some(Bar {
        label: battery.id.clone(),
        share: percent / 100.0,
        shown,
    })
}

fn health_bar(battery: &Battery) -> Option<Bar> {
    let percent = battery.health_percent?;
    let from = battery.health_from.as_deref().unwrap_or(NOT_REPORTED);
    let shown = format!("{percent:.1} % ({from})");
    Some(Bar {
        label: battery.id.clone(),
        share: percent / 100.0,
        shown,
    })
}

fn others(title: &str, batteries: &[Battery]) -> Option<Block> {
    let row = |it: &Battery| {
        let charge = match (it.charge_percent, &it.level) {
            (None, Some(level)) => level.clone(),
            (charge, _) => percent(charge),
        };
        vec![
            Cell::Text(it.label()),
            Cell::Text(charge),
            Cell::Text(it.state.words().to_owned()),
        ]
    };
    let rows: Vec<_> = batteries.iter().map(row).collect();
    let columns = ["Device", "Charge", "State"].map(str::to_owned).to_vec();
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            title: title.to_owned(),
            columns,
            rows,
            more: 0,
        })
    })
}

fn sources(batteries: &[Battery]) -> Block {
    // A serial number names one machine among all; a report that is passed on need not.
    let is_shown = |source: &&Source| !source.field.to_lowercase().contains("serial");
    let mut rows = Vec::new();
    for battery in batteries {
        let id = || Cell::Text(battery.id.clone());
        for source in battery.sources.iter().filter(is_shown) {
            let raw = format!("{} {}", source.raw, source.unit)
                .trim_end()
                .to_owned();
            let field = Cell::Text(source.field.clone());
            rows.push(vec![
                id(),
                field,
                Cell::Text(raw),
                Cell::Path(source.path.clone()),
            ]);
        }
        for derived in &battery.derived {
            let [field, computed] = [derived.field, "computed"].map(|it| Cell::Text(it.to_owned()));
            rows.push(vec![
                id(),
                field,
                computed,
                Cell::Text(derived.from.clone()),
            ]);
        }
    }
    let columns = ["Battery", "Value", "As it was read", "From"]
        .map(str::to_owned)
        .to_vec();
    Block::Table(Table {
        title: "Where the numbers come from".to_owned(),
        columns,
        rows,
        more: 0,
    })
}

/// Returns what is there and cannot be used. What the machine simply does not tell stands as
/// "not reported" in the first table.
fn refused(batteries: &[Battery]) -> Option<Block> {
    let mut rows = Vec::new();
    for battery in batteries.iter().filter(|battery| battery.present) {
        for lack in &battery.not_reported {
            if lack.why != NOT_REPORTED && !lack.field.starts_with("time_left") {
                let cells = [&battery.id, &lack.field, &lack.why];
                rows.push(cells.map(|it| Cell::Text(it.clone())).to_vec());
            }
        }
    }
    let columns = ["Battery", "Value", "Why there is none"]
        .map(str::to_owned)
        .to_vec();
    let title = "What was there and could not be used".to_owned();
    (!rows.is_empty()).then_some(Block::Table(Table {
        title,
        columns,
        rows,
        more: 0,
    }))
}

fn known(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn words(text: Option<String>) -> String {
    text.unwrap_or_else(|| NOT_REPORTED.to_owned())
}

fn percent(value: Option<f64>) -> String {
    number(value, 1, "%")
}

fn watt_hours(value: Option<f64>) -> String {
    number(value, 2, "Wh")
}

fn number(value: Option<f64>, decimals: usize, unit: &str) -> String {
    value.map_or_else(
        || NOT_REPORTED.to_owned(),
        |value| format!("{value:.decimals$} {unit}"),
    )
}

/// Returns a span in hours and minutes: `3 h 31 min`.
fn span(minutes: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most ten days"
    )]
    let minutes = minutes.round().clamp(0.0, 1e6) as u64;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
