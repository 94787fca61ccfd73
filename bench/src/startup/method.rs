//! The description of the method.

/// A test compares this with the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method() -> Vec<String> {
    let store = format!(
        "The bootstraps are built by `cargo lambda build --release`, as `sam build` builds them, and have the variables of \
         template.yaml. A stub of Lambda's Runtime API hands out the events of a REST API and takes the answers. {STORE} in \
         memory stands for DynamoDB. It is behind a proxy that speaks TLS 1.3, on one thread of the same machine. A round trip \
         takes a fraction of one in AWS, so the figures compare what the functions themselves do. Refresh and login get their keyset by a \
         variable; in AWS it is one more call at the start, to Secrets Manager, on a connection of its own."
    );
    let others = "The others are a function that says hello without an SDK; a function with the SDK for Rust and `aws-config` \
                  with their defaults, optimised like Latchgate; and the SDKs for JavaScript and Python under a loop that asks \
                  for invocations, which is less than Lambda's own runtimes do. The last three read one row in the first \
                  invocation; refresh reads one and writes one. Latchgate trusts Amazon's roots, the SDK for Rust the system's, \
                  and all trust the one that signed the proxy's certificate.";
    let times = "A start runs from the exec of the program to its first request for an invocation; an invocation from its event \
                 to its answer; both by the stub's clock. Each process rests for 50 ms before each invocation. A later \
                 invocation is the median of 15. Subjects alternate from run to run. The first run of each doesn't count, \
                 because it reads its files from the disk. Processor time is the kernel's, memory the peak of the whole run.";
    let shares = "A control group holds the shares of a processor, in periods of 20 ms, from before the exec on; 1,769 MB are \
                  one processor. Lambda gives a start more than its share, so a start in AWS lies between the shares and whole \
                  processors.";
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
