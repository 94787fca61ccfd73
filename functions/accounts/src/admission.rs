//! Who may sign up: a decision about the client and the address's domain alone.

use std::collections::BTreeSet;

use mails::EmailAddress;
use shared::{
    client::{Client, SignUp},
    environment::{Environment, EnvironmentError, variable},
};

use crate::AccountsReason;

/// The rules for sign-ups.
#[derive(Debug)]
pub(crate) struct Admission {
    /// The rule for clients whose record has none.
    default: SignUp,
    /// The domains whose addresses may sign up. An empty set allows all.
    domains: BTreeSet<String>,
}

impl Admission {
    /// Reads the variables.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let domains = environment.optional(variable::SIGN_UP_DOMAINS).unwrap_or_default().split(',');
        let domains = domains.map(str::trim).filter(|domain| !domain.is_empty());
        // An entry that no address can match would close the sign-up without a word.
        let domain = |text: &str| EmailAddress::parse(&format!("a@{text}")).map(|it| it.domain().to_owned());
        let domains: Option<_> = domains.map(domain).collect();
        Ok(Self {
            default: SignUp::from_environment(environment)?,
            domains: domains.ok_or_else(|| {
                let reason = "it must be domains, separated by commas".to_owned();
                EnvironmentError::Unusable(variable::SIGN_UP_DOMAINS, reason)
            })?,
        })
    }

    /// Whether sign-up is open at this client, or at none in particular.
    pub(crate) fn is_open(&self, client: Option<&Client>) -> bool {
        match self.rule(client) {
            SignUp::Open => true,
            SignUp::Closed | SignUp::Invited => false,
        }
    }

    /// Checks whether invited users may sign up at this client. An operator chose their addresses, so the
    /// domains don't matter.
    pub(crate) fn check_invited(&self, client: Option<&Client>) -> Result<(), AccountsReason> {
        match self.rule(client) {
            SignUp::Open | SignUp::Invited => Ok(()),
            SignUp::Closed => Err(AccountsReason::Closed),
        }
    }

    fn rule(&self, client: Option<&Client>) -> SignUp {
        client.and_then(|client| client.sign_up).unwrap_or(self.default)
    }

    /// Checks whether the owner of this address may sign up at this client.
    pub(crate) fn check(
        &self,
        client: Option<&Client>,
        address: &EmailAddress,
    ) -> Result<(), AccountsReason> {
        if !self.is_open(client) {
            return Err(AccountsReason::Closed);
        }
        if !self.domains.is_empty() && !self.domains.contains(address.domain()) {
            return Err(AccountsReason::Domain);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        client::{ClaimSelection, ClientKind},
        clock::Timestamp,
        ids::ClientId,
        lifetimes::LifetimeOverrides,
        scope::Scope,
    };

    use super::*;

    fn admission(sign_up: &str, domains: &str) -> Result<Admission, EnvironmentError> {
        let variables = [(variable::SIGN_UP, sign_up), (variable::SIGN_UP_DOMAINS, domains)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Admission::from_environment(&Environment::from_variables(variables))
    }

    fn client(sign_up: Option<SignUp>) -> Client {
        Client {
            client_id: ClientId::parse("app").unwrap(),
            name: None,
            kind: ClientKind::Public,
            scope: Scope::default(),
            resources: BTreeSet::new(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            requires_dpop: false,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            is_first_party: true,
            sign_up,
            url: None,
            overrides: LifetimeOverrides::default(),
        }
    }

    #[test]
    fn the_clients_own_rule_comes_before_the_deployments() {
        for (deployment, of_client, is_open) in [
            ("", None, false),
            ("closed", None, false),
            ("invited", None, false),
            ("open", None, true),
            ("closed", Some(SignUp::Open), true),
            ("open", Some(SignUp::Closed), false),
            ("open", Some(SignUp::Invited), false),
        ] {
            let admission = admission(deployment, "").unwrap();
            assert_eq!(admission.is_open(Some(&client(of_client))), is_open, "{deployment} {of_client:?}");
        }
    }

    #[test]
    fn an_invitation_works_unless_sign_up_is_closed() {
        for (deployment, of_client, is_taken) in [
            ("", None, false),
            ("closed", None, false),
            ("invited", None, true),
            ("open", None, true),
            ("closed", Some(SignUp::Invited), true),
            ("open", Some(SignUp::Closed), false),
        ] {
            // Domains don't matter.
            let admission = admission(deployment, "example.com").unwrap();
            let checked = admission.check_invited(Some(&client(of_client)));
            assert_eq!(checked.is_ok(), is_taken, "{deployment} {of_client:?}");
        }
        assert!(admission("open", "").unwrap().is_open(None));
        assert!(!admission("closed", "").unwrap().is_open(None));
    }

    #[test]
    fn an_allowed_domain_is_the_whole_domain_in_any_case() {
        let admission = admission("open", "example.com, EXAMPLE.org,").unwrap();
        let check = |text: &str| admission.check(None, &EmailAddress::parse(text).unwrap());
        for allowed in ["a@example.com", "a@EXAMPLE.com", "a@example.org"] {
            assert!(check(allowed).is_ok(), "{allowed}");
        }
        for other in ["a@example.net", "a@sub.example.com", "a@notexample.com", "a@example.com.example"] {
            assert!(matches!(check(other), Err(AccountsReason::Domain)), "{other}");
        }
    }

    #[test]
    fn without_a_list_all_domains_are_allowed() {
        for empty in ["", ",", " , "] {
            let address = EmailAddress::parse("a@example.net").unwrap();
            assert!(admission("open", empty).unwrap().check(None, &address).is_ok(), "{empty:?}");
        }
    }

    #[test]
    fn an_entry_that_is_no_domain_is_refused() {
        for bad in ["example com", "@example.com", "example.com,a@b", "-.com", "example.com;example.org"] {
            let error = admission("open", bad).unwrap_err();
            assert!(matches!(error, EnvironmentError::Unusable(variable::SIGN_UP_DOMAINS, _)), "{bad}");
        }
    }
}
