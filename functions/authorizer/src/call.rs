//! What is being called.

/// The stage of an API, as an ARN without its method and path: as far as any policy of ours reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage(String);

impl Stage {
    /// Takes `arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, or `…/STAGE/$connect` of a WebSocket
    /// API, of which it keeps all up to the stage. Anything else, a wildcard included, is not something that API
    /// Gateway sends.
    pub fn of_method_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let mut path = parts.next()?.splitn(4, '/');
        let (api, stage, _method) = (path.next()?, path.next()?, path.next()?);
        let is_name = |name: &str| !name.is_empty() && !name.contains(['*', '?']);
        let fits =
            head[0] == "arn" && head[2] == "execute-api" && head.into_iter().chain([api, stage]).all(is_name);
        fits.then(|| Self(format!("{}:{api}/{stage}", head.join(":"))))
    }

    /// The ARN of calls to this stage that the pattern names, like `GET/orders/*`.
    pub(crate) fn resource(&self, pattern: &str) -> String {
        format!("{}/{pattern}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reaches_as_far_as_the_stage() {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod";
        for call in ["GET/me/x", "GET/", "$connect"] {
            assert_eq!(Stage::of_method_arn(&format!("{arn}/{call}")), Some(Stage(arn.to_owned())), "{call}");
        }
        let default = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/$default";
        assert_eq!(Stage::of_method_arn(&format!("{default}/GET/me")), Some(Stage(default.to_owned())));
    }

    #[test]
    fn an_arn_that_would_reach_further_is_none() {
        for arn in [
            "",
            "*",
            "arn:aws:execute-api:eu-west-1:123456789012:*/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/*/GET/me",
            "arn:aws:execute-api:*:123456789012:a1b2/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2//GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod",
            "arn:aws:lambda:eu-west-1:123456789012:a1b2/prod/GET/me",
        ] {
            assert_eq!(Stage::of_method_arn(arn), None, "{arn}");
        }
    }
}
