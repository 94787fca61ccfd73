#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    oracles::access_token(input);
});
