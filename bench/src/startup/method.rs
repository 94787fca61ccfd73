//! How start-up was measured, in words.

/// A test holds it against the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method() -> Vec<String> {
    let store = format!(
        "The bootstraps are those of `cargo lambda build --release`, as `sam build` makes them, with the variables of \
         template.yaml. A stub of Lambda's Runtime API hands out the events of a REST API and takes the answers. DynamoDB is \
         {STORE} in memory, behind a proxy that speaks TLS 1.3; both are on one thread of the same machine, so that a round trip \
         takes a fraction of what it takes in AWS, and what is compared is what the functions themselves do. The keyset of refresh and \
         login comes by a variable: in AWS it is one more call at start, to Secrets Manager, with a connection of its own."
    );
    let others = "The others: a function that says hello and has no SDK; a function with the SDK for Rust and `aws-config` as \
                  they come, optimised as ours; the SDKs for JavaScript and for Python under a loop that asks for invocations, \
                  which is less than Lambda's own runtimes do. These three read one row in the first invocation; refresh reads \
                  one and writes one. Ours trust Amazon's roots, the SDK for Rust the system's, and all of them the one that \
                  signed the proxy's certificate.";
    let times = "The time of a start runs from the exec of the program to its first request for an invocation, and that of an \
                 invocation from its event to its answer, both by the stub's clock. A process is left alone for 50 ms before \
                 each invocation; a later one is the median of 15. Subjects alternate from run to run, and the first run of each, \
                 which reads its files from the disk, doesn't count. Processor time is the kernel's, memory the peak of the \
                 whole run.";
    let shares = "Shares of a processor are held by a control group, in periods of 20 ms, from before the exec on: 1,769 MB are \
                  one processor. Lambda gives a start more than that, so what is true of a start in AWS lies between the \
                  shares and whole processors.";
    vec![store, others.to_owned(), times.to_owned(), shares.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_built_with() {
        let (name, version) = STORE.split_once(' ').unwrap();
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(include_str!("../../../Cargo.lock").contains(&entry));
    }
}
