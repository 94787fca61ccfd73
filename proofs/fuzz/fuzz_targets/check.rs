//! The fuzzer: it runs the check of `oracles` that `LATCHGATE_FUZZ_CHECK` names. `cargo xtask fuzz` sets the variable.

#![no_main]

use std::sync::LazyLock;

use oracles::{CHECKS, Check};

static CHECK: LazyLock<Check> = LazyLock::new(|| {
    let wanted = std::env::var("LATCHGATE_FUZZ_CHECK").expect("LATCHGATE_FUZZ_CHECK names a check");
    let found = CHECKS.into_iter().find(|(name, _)| *name == wanted);
    found.expect("the oracles have the check that LATCHGATE_FUZZ_CHECK names").1
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    CHECK(input);
});
