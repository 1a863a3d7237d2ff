//! `candor doctor`: what confines the workers here, shown and, with `--prove`, tried.

use sandbox::{Ground, Probe, Status};

use super::{Ending, Failure, print};
use crate::{
    broker,
    cli::Doctor,
    job::{Job, Order},
};

pub(crate) fn run(asked: &Doctor) -> Result<Ending, Failure> {
    let status = sandbox::status();
    let probes = match asked.prove {
        true => Some(prove()?),
        false => None,
    };
    let text = match asked.json {
        true => {
            let value = serde_json::json!({
                "schema": "candor/doctor/1",
                "version": env!("CARGO_PKG_VERSION"),
                "status": status,
                "probes": probes,
            });
            format!("{value}\n")
        }
        false => words(&status, probes.as_deref()),
    };
    print(text.as_bytes())?;
    let denied = probes.is_none_or(|probes| probes.iter().all(|probe| probe.denied));
    Ok(if status.enough && denied {
        Ending::NothingFound
    } else {
        Ending::Incomplete
    })
}

/// Lets a confined worker try everything it must not be able to do.
fn prove() -> Result<Vec<Probe>, Failure> {
    let ground = Ground::make(&std::env::temp_dir()).map_err(|error| {
        Failure::new("cannot make a folder to try the sandbox on").because(&error)
    })?;
    let rights = ground.rights();
    let order = Order {
        rights,
        confined: true,
        lists: false,
        job: Job::Prove(ground.to_worker()),
    };
    let delivered = broker::run(&order, None)?;
    // The folder is removed when the worker has ended.
    drop(ground);
    Ok(delivered.probes)
}

fn words(status: &Status, probes: Option<&[Probe]>) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line(format!(
        "Candor {} on {} ({})",
        env!("CARGO_PKG_VERSION"),
        status.system,
        status.processor
    ));
    line(match status.landlock_abi {
        Some(abi) => format!(
            "Landlock  in this kernel, ABI {abi}: a worker opens only the paths it was given"
        ),
        None => "Landlock  missing: workers cannot be held to their paths".to_owned(),
    });
    line(match status.seccomp {
        true => "seccomp   in this kernel: a worker has no network and starts nothing".to_owned(),
        false => "seccomp   missing: workers cannot be kept from the network".to_owned(),
    });
    line(match status.enough {
        true => "Workers are confined here. Without this, Candor would refuse to look.".to_owned(),
        false => {
            "Workers cannot be confined here. Candor refuses to look, unless told --unconfined."
                .to_owned()
        }
    });
    let Some(probes) = probes else {
        line("To see a worker try to break out: candor doctor --prove".to_owned());
        return text;
    };
    let denied = probes.iter().filter(|probe| probe.denied).count();
    line(format!(
        "\nA worker tried {} things it must not do; {denied} were denied.",
        probes.len()
    ));
    for probe in probes {
        let verdict = if probe.denied { "denied " } else { "ALLOWED" };
        line(format!(
            "  {verdict}  {:<22} {} ({})",
            probe.name, probe.tried, probe.detail
        ));
    }
    text
}
