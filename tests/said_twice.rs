//! Facts that the code decides, and that a text, a page or a task repeats: both say the same.

use std::{fs, path::Path, time::Duration};

use mails::Purpose;
use passwords::MIN_LEN;
use shared::keys::SigningAlgorithm;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn texts_have_the_length_of_the_shortest_password() {
    for (path, unit, times) in [
        ("SECURITY.md", "characters", 2),
        ("admin/src/users/create.rs", "characters", 1),
        ("docs/evidence/conformance.md", "characters", 1),
        ("docs/guide/api.md", "characters", 1),
        ("functions/authorize/src/pages/messages/en.rs", "characters", 2),
        ("functions/authorize/src/pages/messages/vi.rs", "ký tự", 2),
        ("openapi.yaml", "characters", 5),
        ("passwords/src/policy.rs", "characters", 1),
    ] {
        let said = format!(" {MIN_LEN} {unit}");
        assert_eq!(read(path).matches(&said).count(), times, "{path}");
    }
}

/// The words of a time in English and in Vietnamese, as the pages say it.
fn in_words(ttl: Duration) -> [&'static str; 2] {
    match ttl.as_secs() / 3600 {
        1 => ["one hour", "một giờ"],
        72 => ["three days", "ba ngày"],
        hours => panic!("the pages have no words for {hours} hours"),
    }
}

#[test]
fn the_pages_say_how_long_links_and_codes_work() {
    let texts = ["en", "vi"].map(|tag| read(&format!("functions/authorize/src/pages/messages/{tag}.rs")));
    for purpose in [Purpose::SignUp, Purpose::Reset, Purpose::Email, Purpose::Undo] {
        for (text, words) in texts.iter().zip(in_words(purpose.ttl())) {
            assert!(text.contains(words), "{purpose:?}: {words}");
        }
    }
    for (text, [hour, days]) in texts.iter().zip([["one hour", "three days"], ["một giờ", "ba ngày"]]) {
        assert_eq!((text.matches(hour).count(), text.matches(days).count()), (2, 1));
    }
}

/// These have lists of their own: a task is no part of the product, and each list has an order.
#[test]
fn tasks_try_every_algorithm() {
    for path in
        ["bench/src/instructions/operation.rs", "bench/src/verification/sample.rs", "xtask/src/verifiers.rs"]
    {
        let list = read(path);
        let list = list.lines().find(|line| line.contains("const ALGORITHMS")).unwrap();
        for algorithm in SigningAlgorithm::ALL {
            assert!(list.contains(&format!("\"{algorithm}\"")), "{path}: {algorithm}");
        }
    }
}
