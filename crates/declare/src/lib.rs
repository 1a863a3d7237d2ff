//! One declaration in; notice, consent question, sandbox plan and record schema out.
//!
//! A tool says in `declaration.toml` what it reads, keeps and sends, why, and for how long.
//! [`Declaration::parse`] refuses whatever is left open or contradicts itself; everything a person
//! is told and everything the kernel and the server enforce is then made from that one value:
//!
//! ```text
//! declaration.toml ─ parse ─ Declaration ─┬─ notice_markdown, notice_html, notice_text
//!                                         ├─ consent_question
//!                                         ├─ sandbox_plan
//!                                         ├─ record_schema
//!                                         └─ material_hash   whether consent is asked again
//! operator.toml ─── parse ─ Operator ──── operated_by: who receives, where, through whose servers
//! ```
//!
//! This crate is pure: no clock, no environment, no files. It knows place ids, not paths.
#![forbid(unsafe_code)]

mod check;
mod consent;
mod declaration;
mod error;
mod material;
mod notice;
mod operator;
mod period;
mod phrases;
mod place;
mod plan;
mod record;
mod words;

pub use declaration::{
    Access, Class, Controller, Declaration, Field, FieldType, Keep, Necessity, Product, Purpose,
    Read, Recipient, Rights, Sandbox, Send, Via,
};
pub use error::{DeclarationError, Problem};
pub use operator::{Keys, Operator, Randomness, Relay};
pub use period::{Period, Retention, Trigger};
pub use place::{covers, is_security_place};
pub use plan::{RESULT, SandboxPlan};
pub use record::{Record, RecordSchema};
pub use words::{Language, Words};
