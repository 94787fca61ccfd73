//! docs/operations/costs.md and docs/operations/scale.md: computed from what is counted, from template.yaml and from the keys that the functions
//! write, and so no longer right when one of these changes.

use capacity::Page;

#[test]
fn the_computed_pages_are_what_they_would_be_if_computed_now() {
    for page in [Page::Costs, Page::Scale] {
        let (kept, computed) = (page.kept().unwrap(), page.computed().unwrap());
        for (number, (kept, computed)) in kept.lines().zip(computed.lines()).enumerate() {
            assert_eq!(kept, computed, "{page:?}, line {}: cargo xtask costs, cargo xtask scale", number + 1);
        }
        assert_eq!(kept, computed, "{page:?}");
    }
}
