//! Verifies the proof of a call with a bound token (RFC 9449 section 7), as the authorizer does.

use std::hint::black_box;

use crate::program::Failure;
use shared::dpop::{Address, Proof, ProofTarget};

const ACCESS_TOKEN: &str = "an access token";
const ADDRESS: &str = "https://api.example.com/orders/7";
/// A proof that was made once, with a key for this purpose only, like the next one.
const ES256: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiSGFjdDdf\
     aFM0TU82ZjVUZmh3TXNGVndYNUF2RmotWUNKa1MtYWU5MVRuYyIsInkiOiJGNlRvRzlXb1plQTFsZkFjM3podXREbFp6b0xmV0JM\
     X2hsZEp4UEhST1ZjIn19.eyJqdGkiOiIyZjFjNmE0ZS05ZDBiLTRjNTMtOGE2Ny0wZTVkMWI3ZjNhOTIiLCJodG0iOiJHRVQiLCJ\
     odHUiOiJodHRwczovL2FwaS5leGFtcGxlLmNvbS9vcmRlcnMvNyIsImlhdCI6MTgwMDAwMDAwMCwiYXRoIjoiRlBsY00tMVVYaWl\
     2T1lvenBVcnA3ZDExN0puS3pQRjRZWHVYTm5mWm1kVSJ9.YwW4Q8XDv5OWLjlIVVv_MXq_Ljkkq-bAyhTikNCKdS8cTcUm-Cz5oL\
     VyvdS74tM5c0IVbuewp0lUEbdzdA7rWw";
const ED_DSA: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVkRFNBIiwiandrIjp7Imt0eSI6Ik9LUCIsImNydiI6IkVkMjU1MTkiLCJ4Ijoiem4x\
     QTc5QWV3Q1NLb0xLU21BNHc1NzR4V2FzRVBVWENCRW8zR2ExLUVXcyJ9fQ.eyJqdGkiOiIyZjFjNmE0ZS05ZDBiLTRjNTMtOGE2N\
     y0wZTVkMWI3ZjNhOTIiLCJodG0iOiJHRVQiLCJodHUiOiJodHRwczovL2FwaS5leGFtcGxlLmNvbS9vcmRlcnMvNyIsImlhdCI6M\
     TgwMDAwMDAwMCwiYXRoIjoiRlBsY00tMVVYaWl2T1lvenBVcnA3ZDExN0puS3pQRjRZWHVYTm5mWm1kVSJ9.xld3MCIn_VbwayzP\
     OW5FYxE4qwriBy7_pYSNLGWjYZk-Zt4maEkvG_2hBDkoisi_FlZfzrCR1RYEsa4gdsfYAQ";

pub(crate) fn verify(calls: u32, algorithm: &str) -> Result<(), Failure> {
    let proof = match algorithm {
        "ES256" => ES256,
        "EdDSA" => ED_DSA,
        _ => return Err("no proof of this algorithm".into()),
    };
    let addresses = [Address::parse(ADDRESS).ok_or("no address")?];
    let target = ProofTarget { method: "GET", addresses: &addresses, access_token: Some(ACCESS_TOKEN) };
    for _ in 0..calls {
        black_box(Proof::verify(black_box(proof), &target)?);
    }
    Ok(())
}
