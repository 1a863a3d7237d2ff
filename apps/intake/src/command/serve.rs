//! `candor-intake serve`

use std::{io::Write, path::Path, sync::Arc, time::Instant};

use clap::Args;
use intake::{
    clock::Clock,
    config::Config,
    intake::{Intake, make_folder},
    serve::{Bound, descriptors},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{Failure, confine};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Go on where the system cannot confine the process to its folder
    #[arg(long)]
    unconfined: bool,
}

pub(super) fn run(serve: &Serve, config: Config, file: Option<&Path>) -> Result<u8, Failure> {
    let began = Instant::now();
    write_logs();
    tell_what_is_loud(&config);
    descriptors::raise();
    let connections = descriptors::connections(config.limits.connections);
    if connections < config.limits.connections {
        eprintln!(
            "{connections} connections at once, and not {}: this process may not open more files (`LimitNOFILE=` of the unit, `ulimit -n`)",
            config.limits.connections
        );
    }
    make_folder(&config.folder)?;
    // Before any thread is started: a thread that is older would stay free.
    match confine::to_its_folder(&config, file) {
        Ok(how) => tracing::info!(%how, "confined"),
        Err(why) if serve.unconfined => eprintln!("NOT CONFINED, as asked: {why}"),
        Err(why) => {
            let help = "`--unconfined` goes on without; a hole in the server then opens every file of its user";
            return Err(Failure::new(why, help));
        }
    }
    let intake = Arc::new(Intake::open(config, Clock::System)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(async {
        let bound = Bound::bind(intake).await?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.send_replace(true);
        });
        let ready = serde_json::json!({
            "ready": bound.address()?.to_string(),
            "took_ms": began.elapsed().as_secs_f64() * 1000.0,
        });
        let mut out = std::io::stdout();
        writeln!(out, "{ready}")?;
        out.flush()?;
        Ok::<bool, Failure>(bound.serve(stopped).await)
    })?;
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    Ok(if told { 0 } else { 2 })
}

/// What this program says itself, as JSON lines; of its libraries nothing, since they may name addresses.
fn write_logs() {
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr);
    let ours = Targets::new().with_target("intake", tracing::Level::INFO);
    let ours = ours.with_target("candor_intake", tracing::Level::INFO);
    tracing_subscriber::registry().with(layer).with(ours).init();
}

fn tell_what_is_loud(config: &Config) {
    if let Some(weakens) = config.weakens() {
        eprintln!("WEAKER THAN PROMISED: {weakens}");
    }
    if !config.listen.ip().is_loopback() && config.tls.is_none() {
        eprintln!(
            "PLAIN HTTP at {}: a proxy in front must speak TLS, and nothing else may reach this port",
            config.listen
        );
    }
    if config.declarations.is_empty() {
        eprintln!("no declaration is named in the settings, so no report is taken");
    }
}
