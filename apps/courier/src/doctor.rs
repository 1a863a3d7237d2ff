//! `candor-courier doctor`: what confines the courier, and with `--prove`, what it tried in vain.
//!
//! The attempts are those of a reader, made under the courier's own rights, without those that a client must
//! be able to make. Where this kernel cannot hold a part, the words say so.

use std::{
    io::Write,
    process::{Command, ExitCode, Stdio},
};

use sandbox::{Ground, Probe, Rights, Status};

use crate::{confined, failure::Failure, operated, place::Places};

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Let a confined courier try everything it must not be able to do
    #[arg(long)]
    prove: bool,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
    /// Be the courier that tries (a ground comes in on stdin)
    #[arg(long, hide = true)]
    be_tried: bool,
}

impl Doctor {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        if self.be_tried {
            return be_tried();
        }
        let status = sandbox::status();
        let probes = match self.prove {
            true => Some(prove()?),
            false => None,
        };
        let denied = probes
            .as_ref()
            .is_none_or(|it| it.iter().all(|it| it.denied));
        if self.json {
            // The same form as `candor doctor` has.
            let value = serde_json::json!({
                "schema": "candor/doctor/1",
                "version": env!("CARGO_PKG_VERSION"),
                "status": status,
                "probes": probes,
            });
            println!("{value}");
        } else {
            print!("{}", words(&status, probes.as_deref()));
        }
        Ok(match status.enough && status.holds_tcp() && denied {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(2),
        })
    }
}

fn words(status: &Status, probes: Option<&[Probe]>) -> String {
    let mut text = String::from(match (status.enough, status.holds_tcp()) {
        (true, true) => {
            "The courier is confined here: to its folder, and over TCP to the ports of the operator.\n"
        }
        (true, false) => {
            "The courier is confined to its folder here, but this kernel cannot hold it to the ports of the \
             operator (Linux 6.7 can). It sends nothing unless told --unconfined.\n"
        }
        (false, _) => {
            "The courier cannot be confined here, and sends nothing unless told --unconfined.\n"
        }
    });
    if status.enough {
        text.push_str(match status.holds_datagrams() {
            true => "Datagrams go to name servers alone (port 53).\n",
            false => {
                "Datagrams, which it needs to resolve names, are not held: this kernel's Landlock cannot. A \
                 courier that somebody took over could send them anywhere.\n"
            }
        });
    }
    let Some(probes) = probes else {
        text.push_str("To see it try to break out: candor-courier doctor --prove\n");
        return text;
    };
    let denied = probes.iter().filter(|it| it.denied).count();
    text.push_str(&format!(
        "It tried {} things it must not do; {denied} were denied.\n",
        probes.len()
    ));
    for probe in probes {
        let verdict = if probe.denied { "denied " } else { "ALLOWED" };
        text.push_str(&format!(
            "  {verdict}  {:<22} {} ({})\n",
            probe.name, probe.tried, probe.detail
        ));
    }
    text
}

/// Starts this program anew, confined as a courier is, and has it try.
fn prove() -> Result<Vec<Probe>, Failure> {
    let ground = Ground::make(&std::env::temp_dir())?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["doctor", "--be-tried"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let order = serde_json::to_vec(&ground.to_worker())?;
    let mut stdin = child.stdin.take().ok_or("the tried courier has no stdin")?;
    stdin.write_all(&order)?;
    drop(stdin);
    let output = child.wait_with_output()?;
    // The folder is removed when the tried courier has ended.
    drop(ground);
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn be_tried() -> Result<ExitCode, Failure> {
    let ground: Ground = serde_json::from_reader(std::io::stdin().lock())?;
    let mut rights = match Places::here() {
        Some(places) => match operated::operator(&places)? {
            Some(operator) => confined::rights(&places, [&operator]),
            None => Rights {
                connect: vec![443],
                write: vec![places.consent.path().to_owned()],
                lock: true,
                ..Rights::default()
            },
        },
        None => Rights::default(),
    };
    // The attempts begin with a file that may be read, in a folder of which nothing else may.
    rights.read.extend(ground.rights().read);
    sandbox::confine(&rights)?;
    let probes = sandbox::probe(&ground);
    let status = sandbox::status();
    let closed: Vec<&Probe> = probes
        .iter()
        .filter(|it| it.binds_a_client(&status))
        .collect();
    println!("{}", serde_json::to_string(&closed)?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_held_is_said() {
        let status = |abi| Status {
            landlock_abi: abi,
            enough: abi.is_some(),
            ..sandbox::status()
        };
        let told = |abi| words(&status(abi), None);
        assert!(told(None).contains("cannot be confined"));
        assert!(told(Some(3)).contains("cannot hold it to the ports"));
        let held = told(Some(7));
        assert!(held.contains("over TCP to the ports"), "{held}");
        assert!(held.contains("are not held"), "{held}");
        assert!(told(Some(10)).contains("(port 53)"));
    }
}
