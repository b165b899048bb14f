//! Any bytes as a payment status report: an answer or a refusal, and nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    let _ = quittance_bankfiles::pain::read_status(&mut input);
});
