//! Any bytes as a file of this format: an answer or a refusal, and nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    let mut ignore = |_| {};
    let _ = quittance_bankfiles::ofx::read(&mut input, &mut ignore);
});
