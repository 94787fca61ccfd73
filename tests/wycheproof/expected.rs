//! The vectors that a layer disagrees with, and the reasons.
//!
//! No "invalid" vector is accepted, with three exceptions: two contradict a "valid" one, and one has a key that
//! Latchgate would have to recognise.

/// Vectors on whose verdict Latchgate differs, for one reason.
pub(crate) struct Disagreement {
    pub(crate) ids: &'static [u64],
    pub(crate) reason: &'static str,
    /// The vector with the other verdict and the same keys and text, so that no verifier can satisfy both.
    pub(crate) twin: Option<u64>,
}

impl Disagreement {
    const fn new(ids: &'static [u64], reason: &'static str) -> Self {
        Self { ids, reason, twin: None }
    }
}

/// All valid vectors.
pub(crate) const NO_ACCESS_TOKEN: &[Disagreement] = &[Disagreement::new(
    &[
        1, 18, 33, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 287,
        288, 320, 321, 322, 323, 325, 326, 327, 328, 345, 346, 347, 348, 349, 350, 351, 352, 357, 358, 359,
        372, 373, 376, 377, 378,
    ],
    "a header without `typ: at+jwt`, and a payload without claims",
)];

pub(crate) const SIGNATURES_OF_OUR_KEYS: &[Disagreement] = &[
    Disagreement::new(
        &[1, 348, 352, 357, 358, 359, 372, 373, 376, 377],
        "a symmetric key: whoever verifies could sign",
    ),
    Disagreement::new(
        &[264, 265, 266, 267, 268, 269, 270, 271],
        "RS384 and RS512: an RSA key is for RS256 alone",
    ),
    Disagreement::new(
        &[272, 273, 274, 275, 287, 288, 320, 321, 322, 323, 325, 326, 327, 328, 346, 350],
        "PS256, PS384 and PS512: an RSA key is for RS256 alone",
    ),
    Disagreement::new(&[347, 351], "P-521: an EC key is for ES256 alone"),
];

pub(crate) const SIGNATURES_OF_ANY_ALGORITHM: &[Disagreement] = &[
    Disagreement::new(
        &[346, 350],
        "the header says PS384, the key PS256: a key is for the one algorithm that it states",
    ),
    Disagreement::new(
        &[347, 351],
        "the library has no P-521; besides, the key says \"ES521\", which is no algorithm",
    ),
    Disagreement::new(&[372, 373], "a `?` in the base64url, which RFC 7515 section 2 does not allow"),
    Disagreement { ids: &[367, 370], reason: "the very bytes of 357, which is valid", twin: Some(357) },
];

pub(crate) const OUR_KEYS: &[Disagreement] = &[
    Disagreement::new(&[2, 13, 14, 15], "a symmetric key: whoever verifies could sign"),
    Disagreement::new(
        &[7],
        "an RSA key of a smart card that chose bad primes (CVE-2017-15361); ours are made by aws-lc",
    ),
];
