//! `cargo xtask costs` and `cargo xtask scale`: computes a page, and writes it.

use std::{error::Error, fs};

use capacity::Page;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let page = Page::named(&name).ok_or("which page: costs or scale?")?;
    let text = page.computed()?;
    fs::write(page.path(), &text)?;
    print!("{text}");
    Ok(())
}
