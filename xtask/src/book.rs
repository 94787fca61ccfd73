//! Builds a book of the pages with mdBook, and the API's reference with Redocly, in `target/book/html`.
//! Checks every link in it.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    openapi,
    shell::{TaskError, cargo_tool, output, program, root, run},
    tree::files_below,
};

const MDBOOK: &str = "0.5.4";
/// The pages, and the pictures on them.
const CONTENT: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"];
/// The table of contents. Its links begin at `docs`, but mdBook expects it in the top folder.
const SUMMARY: &str = "docs/SUMMARY.md";
/// mdBook's configuration, and the look of the book.
const CONFIGURATION: [&str; 3] = ["book.toml", "tables.css", "tables.js"];
/// The API's description, and its page in the book.
const OPENAPI: (&str, &str) = ("openapi.yaml", "openapi.html");
/// HTML files whose links aren't checked: the reference links to the URLs that it describes, and 404.html
/// is shown at any address.
const OTHERS: [&str; 2] = [OPENAPI.1, "404.html"];
/// The URL of the files that aren't in the book.
const SOURCES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main");

pub(crate) fn build() -> Result<(), TaskError> {
    let folder = root().join("target/book");
    let source = folder.join("src");
    if source.exists() {
        fs::remove_dir_all(&source).map_err(|e| failure(&source, &e))?;
    }
    let tracked = output(program("git", &["ls-files", "-z", "--"]).args(CONTENT))?;
    let content: Vec<&str> = tracked.split('\0').filter(|path| !path.is_empty()).collect();
    for path in &content {
        copy(path, &source)?;
    }
    for name in CONFIGURATION {
        let from = root().join("docs/book").join(name);
        fs::copy(&from, folder.join(name)).map_err(|e| failure(&from, &e))?;
    }
    openapi::page_at(&source.join(OPENAPI.1))?;
    let mut mdbook = program(cargo_tool("mdbook", MDBOOK)?, &["build", &folder.to_string_lossy()]);
    run(mdbook.env("MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL", env!("CARGO_PKG_REPOSITORY")))?;
    let html = folder.join("html");
    follow_links(&html)?;
    println!("the book is {}", html.join("index.html").display());
    Ok(())
}

/// Copies a file. The links of a page are changed, so that they lead into the book or to the repository.
fn copy(path: &str, source: &Path) -> Result<(), TaskError> {
    let (from, to) = (root().join(path), source.join(if path == SUMMARY { "SUMMARY.md" } else { path }));
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| failure(&to, &e))?;
    if Path::new(path).extension().is_none_or(|e| e != "md") {
        return fs::copy(&from, &to).map(drop).map_err(|e| failure(&from, &e));
    }
    let page = fs::read_to_string(&from).map_err(|e| failure(&from, &e))?;
    fs::write(&to, with_links(&page, path)).map_err(|e| failure(&to, &e))
}

/// Checks every link from mdBook's pages to another page, a picture or a heading. It requests nothing
/// outside the book.
fn follow_links(html: &Path) -> Result<(), TaskError> {
    let mut pages = Vec::new();
    let is_page = |path: &PathBuf| {
        path.extension().is_some_and(|e| e == "html") && !OTHERS.iter().any(|other| path.ends_with(other))
    };
    for path in files_below(html)?.into_iter().filter(is_page) {
        let page = fs::read_to_string(&path).map_err(|e| failure(&path, &e))?;
        pages.push((path, page));
    }
    let broken: Vec<String> = pages
        .iter()
        .flat_map(|(path, page)| {
            let targets = ["href", "src"].into_iter().flat_map(|name| attribute(page, name));
            let is_broken = |target: &&str| !leads_somewhere(target, path, &pages);
            targets
                .filter(is_broken)
                .map(|target| format!("{}: {target}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    println!("{} pages", pages.len());
    if pages.len() <= CONTENT.len() {
        return Err(TaskError(format!("mdBook made no book in {}", html.display())));
    }
    if broken.is_empty() { Ok(()) } else { Err(TaskError(broken.join("\n"))) }
}

/// Whether the book has the file and the heading of a link.
fn leads_somewhere(target: &str, from: &Path, pages: &[(PathBuf, String)]) -> bool {
    if target.contains(':') {
        return true;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    // A link to a file of mdBook's own has the version of its content as a query.
    let file = file.split('?').next().unwrap_or_default();
    let named = if file.is_empty() { from.to_owned() } else { resolved(&from.with_file_name(file)) };
    let page = pages.iter().find(|(path, _)| *path == named).map(|(_, page)| page);
    match page {
        Some(page) => heading.is_empty() || attribute(page, "id").contains(&heading),
        None => named.is_file(),
    }
}

/// The values of an attribute in a page that mdBook wrote.
fn attribute<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    page.match_indices(&begin)
        .map(|(at, found)| &page[at + found.len()..])
        .filter_map(|rest| rest.split_once('"').map(|(value, _)| value))
        .collect()
}

/// The page with its links to files changed for the book.
fn with_links(page: &str, path: &str) -> String {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut parts = page.split("](");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (target, rest) = part.split_once(')').unwrap_or((part, ""));
        changed.push_str("](");
        changed.push_str(&link(target, folder, path == SUMMARY));
        if part.contains(')') {
            changed.push(')');
        }
        changed.push_str(rest);
    }
    changed
}

/// The target of a link in the book, for a page in this folder. `is_moved` for the table of contents,
/// which moves to the top folder.
fn link(target: &str, folder: &Path, is_moved: bool) -> String {
    let (file, heading) =
        target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    if file.is_empty() || file.contains("://") || file.contains(' ') {
        return target.to_owned();
    }
    let named = resolved(&folder.join(file));
    let heading = heading.map(|heading| format!("#{heading}")).unwrap_or_default();
    if named == Path::new(OPENAPI.0) {
        let up = "../".repeat(folder.components().count());
        return format!("{up}{}{heading}", OPENAPI.1);
    }
    let is_content = CONTENT.iter().any(|content| named.starts_with(content));
    if !is_content || root().join(&named).is_dir() {
        return format!("{SOURCES}/{}{heading}", named.display());
    }
    if is_moved {
        return format!("{}{heading}", named.display());
    }
    // mdBook renames these pages, but not the links to them.
    file.strip_suffix("README.md")
        .map_or_else(|| target.to_owned(), |above| format!("{above}index.html{heading}"))
}

/// A path without `..`.
fn resolved(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut resolved, component| {
        if component == Component::ParentDir {
            resolved.pop();
        } else {
            resolved.push(component);
        }
        resolved
    })
}

fn failure(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_missing_page_or_heading_is_noticed() {
        let folder = Path::new("/book");
        let page = |name: &str, text: &str| (folder.join(name), text.to_owned());
        let pages = [page("index.html", r#"<h1 id="top">"#), page("guide/api.html", r#"<h2 id="refresh">"#)];
        let leads = |target: &str| leads_somewhere(target, &folder.join("guide/api.html"), &pages);
        for target in
            ["", "#refresh", "../index.html", "../index.html#top", "https://example.com", "api.html"]
        {
            assert!(leads(target), "{target}");
        }
        for target in ["#top", "index.html", "../index.html#refresh", "../guide.html"] {
            assert!(!leads(target), "{target}");
        }
    }

    #[test]
    fn a_link_leads_into_the_book_or_to_the_repository() {
        let page = "[a](api.md#refresh), [b](../../openapi.yaml), [c](../../examples/mcp/README.md), [d](#here), \
                    [e](https://example.com/a.md), ![f](pages/a.png), [g](../../README.md#test-it), \
                    [h](../operations), f(x](y";
        let expected = format!(
            "[a](api.md#refresh), [b](../../openapi.html), [c]({SOURCES}/examples/mcp/README.md), [d](#here), \
             [e](https://example.com/a.md), ![f](pages/a.png), [g](../../index.html#test-it), [h]({SOURCES}/docs/operations), f(x](y"
        );
        assert_eq!(with_links(page, "docs/guide/pages.md"), expected);
    }

    #[test]
    fn the_contents_name_every_page_once_and_from_the_top() {
        let summary = fs::read_to_string(root().join(SUMMARY)).unwrap();
        let contents = with_links(&summary, SUMMARY);
        let mut tracked = program("git", &["ls-files", "--"]);
        let pages = output(tracked.args(CONTENT)).unwrap();
        let is_page =
            |page: &&str| Path::new(page).extension().is_some_and(|e| e == "md") && *page != SUMMARY;
        for page in pages.lines().filter(is_page) {
            assert_eq!(contents.matches(&format!("]({page})")).count(), 1, "{page}");
        }
    }
}
