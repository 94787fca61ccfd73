//! A user's consent covers scopes at certain resources.

use super::{AUDIENCE, BILLING, NOTES, api, flow_for, resources_of};
use crate::{
    harness::{Api, Flow, Page, THIRD},
    oauth::consent::{asks, signed_in},
};

fn names_resources(page: &Page) -> bool {
    page.html.contains("It can do this with:")
}

#[tokio::test]
async fn the_page_names_the_resources_that_it_asks_for() {
    let api = api().await;
    let mut browser = signed_in(&api).await;
    let page = flow_for(THIRD, &[NOTES, BILLING]).begin(&mut browser).await;
    assert!(asks(&page) && names_resources(&page), "{page:?}");
    for shown in
        ["<strong>Notes</strong>", "<code>notes.example.com</code>", "<code>billing.example.com</code>"]
    {
        assert!(page.html.contains(shown), "{shown} in {page:?}");
    }
    assert!(!page.html.contains("<strong>Latchgate</strong>"), "{page:?}");
    let page = flow_for(THIRD, &[NOTES, AUDIENCE]).begin(&mut browser).await;
    assert!(page.html.contains("<strong>Latchgate</strong>"), "the service itself: {page:?}");
    let page = Flow::of(THIRD).begin(&mut browser).await;
    assert!(asks(&page) && !names_resources(&page), "{page:?}");
}

#[tokio::test]
async fn another_resource_needs_a_new_consent_which_is_remembered() {
    let api = api().await;
    let mut browser = signed_in(&api).await;
    let (notes, both) = (flow_for(THIRD, &[NOTES]), flow_for(THIRD, &[NOTES, BILLING]));
    let page = notes.begin(&mut browser).await;
    browser.press(&page, "allow").await.redirect().parameter("code");
    assert_eq!(resources_of(&api.items("ConsentsTable").await[0]).unwrap(), [NOTES]);
    notes.begin(&mut browser).await.redirect().parameter("code");
    // Consent to one resource covers neither another nor the audience of tokens without a resource.
    for (other, is_remembered) in [(both, [NOTES, BILLING]), (Flow::of(THIRD), [NOTES, AUDIENCE])] {
        assert!(asks(&other.begin(&mut browser).await), "{other:?}");
        let silent = other.clone().with("prompt", "none").begin(&mut browser).await;
        assert_eq!(silent.redirect().parameter("error"), "consent_required");
        let page = other.begin(&mut browser).await;
        browser.press(&page, "allow").await.redirect().parameter("code");
        other.begin(&mut browser).await.redirect().parameter("code");
        let stored = resources_of(&api.items("ConsentsTable").await[0]).unwrap();
        assert!(is_remembered.iter().all(|id| stored.contains(&(*id).to_owned())), "{stored:?}");
    }
    flow_for(THIRD, &[BILLING]).begin(&mut browser).await.redirect().parameter("code");
}

/// A consent from before resources existed is about the audience.
#[tokio::test]
async fn a_consent_without_resources_is_for_the_audience() {
    let first = Api::with_pages().await;
    let mut browser = signed_in(&first).await;
    let page = Flow::of(THIRD).begin(&mut browser).await;
    browser.press(&page, "allow").await.redirect().parameter("code");
    assert_eq!(resources_of(&first.items("ConsentsTable").await[0]), None);
    let parameters = first.deployment.parameters.clone().with("ProtectedResources", NOTES);
    let deployment = local::functions::Deployment { parameters, ..first.deployment.clone() };
    let api = first.redeployed(deployment).await;
    let mut browser = browser.at(&api);
    Flow::of(THIRD).begin(&mut browser).await.redirect().parameter("code");
    assert!(asks(&flow_for(THIRD, &[NOTES]).begin(&mut browser).await));
}

/// The form is valid only for the resources on its page.
#[tokio::test]
async fn an_answer_counts_only_for_the_resources_shown() {
    let api = api().await;
    let mut browser = signed_in(&api).await;
    let mut shown = flow_for(THIRD, &[NOTES]).begin(&mut browser).await;
    shown.url.set_query(Some(&flow_for(THIRD, &[BILLING]).query()));
    let page = browser.press(&shown, "allow").await;
    assert!(asks(&page), "{page:?}");
    assert!(api.items("ConsentsTable").await.is_empty());
}
