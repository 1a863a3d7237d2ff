//! The description of every path, made from the paths themselves.
//!
//! It is committed as `apps/intake/openapi.json`; a test compares the two.

use utoipa::OpenApi;

use crate::serve::{admin, gateway, observe, public};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "candor-intake",
        description = "Receives what people agreed to send, and cannot read it before enough sent the same. Each refusal has a body `{\"error\": code, \"detail\": sentence}`; codes do not change their meaning.",
        license(name = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "device", description = "What devices ask"),
        (name = "relay", description = "What a relay does"),
        (name = "public", description = "What anyone may look at"),
        (name = "observe", description = "How the process does"),
        (name = "admin", description = "Administrators: by the socket of the machine, or with `Authorization: Bearer NAME.SECRET` and a scope"),
    ),
    paths(
        gateway::keys, gateway::open, gateway::enrol, gateway::tokens, gateway::pass_on,
        public::keys, public::declarations, public::declaration, public::checkpoint, public::log_file,
        public::transparency, public::style,
        observe::alive, observe::ready, observe::metrics, observe::version, observe::described,
        admin::page, admin::state, admin::close, admin::open, admin::least, admin::reveal,
        admin::retire, admin::purge,
    ),
    components(schemas(crate::inner::Acknowledged, crate::inner::WithdrawalAnswer, crate::inner::ErasureAnswer, crate::refusal::RefusalBody)),
)]
struct Description;

/// Returns the description as JSON.
#[must_use]
pub fn document() -> String {
    let mut text = Description::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
