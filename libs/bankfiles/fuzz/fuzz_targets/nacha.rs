//! Any bytes as a NACHA file: an answer or a refusal, and nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    let _ = quittance_bankfiles::nacha::read(&mut input);
});
