//! `quittance status` and `quittance verify`: the state of a running suite.

use std::process::ExitCode;

use clap::Args;
use quittance_proto::common::v1::StreamStatus;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::{api::Api, call, client::ClientFlags, exit, verify};

/// Flags of `quittance status`.
#[derive(Debug, Args)]
pub(crate) struct InspectFlags {
    #[command(flatten)]
    client: ClientFlags,
}

/// Prints, for each service of the server, whether it serves and its consumers' positions; 3 if one does not serve or holds events.
pub(crate) async fn status(flags: &InspectFlags) -> anyhow::Result<ExitCode> {
    let client = flags.client.connect()?;
    let mut health = HealthClient::new(client.clone());
    let answer = health.check(Request::new(HealthCheckRequest { service: String::new() })).await;
    let serving = answer.map_err(|status| unreachable(&status, flags))?.into_inner().status();
    println!("{} is {}", flags.client.server, words(serving));
    let mut is_sound = serving == ServingStatus::Serving;
    for (area, answer) in Api::new(client).statuses().await {
        match answer {
            Ok(status) => is_sound &= print(area, &status),
            // A process of one service has no others.
            Err(status) if status.code() == Code::Unimplemented => {}
            Err(status) => {
                println!("{area:12} {}", call::describe(&status));
                is_sound = false;
            }
        }
    }
    Ok(if is_sound { exit::DONE } else { exit::found() })
}

/// Checks every invariant of a tenant; 3 if one does not hold.
pub(crate) async fn verify(flags: &InspectFlags) -> anyhow::Result<ExitCode> {
    let mut api = Api::new(flags.client.connect()?);
    println!("tenant {}", flags.client.tenant()?);
    Ok(if verify::print_found(&mut api).await? { exit::DONE } else { exit::found() })
}

fn unreachable(status: &Status, flags: &InspectFlags) -> anyhow::Error {
    anyhow::anyhow!("{}; {}", call::describe(status), flags.client.tried())
}

fn words(status: ServingStatus) -> &'static str {
    match status {
        ServingStatus::Serving => "serving",
        ServingStatus::NotServing => "not serving",
        ServingStatus::Unknown | ServingStatus::ServiceUnknown => "of unknown state",
    }
}

/// Prints a service's state; returns false if it holds events that an operator must handle.
fn print(area: &str, status: &StreamStatus) -> bool {
    println!(
        "{area:12} {} events, {} without a position, {} unfinished",
        status.head_position, status.unpositioned, status.unfinished
    );
    let mut is_sound = true;
    for read in &status.subscriptions {
        let held = read.parked + read.dead_letters + read.waiting;
        is_sound &= read.parked + read.dead_letters == 0;
        let held = if held == 0 {
            String::new()
        } else {
            format!(": {} dead letters, {} parked, {} waiting", read.dead_letters, read.parked, read.waiting)
        };
        println!("  has read {} up to {}{held}", read.area, read.position);
    }
    is_sound
}
