//! Follows each path that a module uses to the file that defines the item.

use super::cycle::Imports;
use super::module::{Crate, Meaning, Usage};

/// A module of one of a package's crates: the indices of both.
type Place = (usize, usize);

/// The longest chain of re-exports to follow.
const LONGEST_CHAIN: usize = 16;

/// The imports among the files of a package.
pub(super) fn imports(crates: &[Crate]) -> Imports {
    let names = Names(crates);
    let mut imports = Imports::default();
    for (krate, read) in crates.iter().enumerate() {
        for (index, module) in read.modules.iter().enumerate() {
            for Usage { path, re_export } in &module.usages {
                for definer in names.resolve((krate, index), path, 0) {
                    let from_child = definer.0 == krate && read.is_within(definer.1, index);
                    if !(*re_export && from_child) {
                        let target = &crates[definer.0].modules[definer.1].file;
                        imports.add(&module.file, target, &path.join("::"));
                    }
                }
            }
        }
    }
    imports
}

struct Names<'a>(&'a [Crate]);

impl Names<'_> {
    /// The modules that define the item at `path`, as the module at `place` sees it. Empty for a path to a module.
    fn resolve(&self, place: Place, path: &[String], chain: usize) -> Vec<Place> {
        let (krate, module) = place;
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        match first.as_str() {
            _ if chain > LONGEST_CHAIN => Vec::new(),
            "crate" => self.descend((krate, 0), rest, chain),
            "self" => self.descend(place, rest, chain),
            "super" => {
                let Some(parent) = self.0[krate].modules[module].parent else { return Vec::new() };
                // `super::super::x` goes on up.
                if rest.first().is_some_and(|next| next == "super") {
                    return self.resolve((krate, parent), rest, chain);
                }
                self.descend((krate, parent), rest, chain)
            }
            name => {
                let found = self.descend(place, path, chain);
                let is_here = self.0[krate].modules[module].names.contains_key(name);
                if !found.is_empty() || is_here {
                    return found;
                }
                // The package's library, as its other crates name it.
                let library = |other: &(usize, &Crate)| other.0 != krate && other.1.name == name;
                let library = self.0.iter().enumerate().find(library);
                library.map(|(library, _)| self.descend((library, 0), rest, chain)).unwrap_or_default()
            }
        }
    }

    /// The modules that define the item at `path` below the module at `place`.
    fn descend(&self, place: Place, path: &[String], chain: usize) -> Vec<Place> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let module = &self.0[place.0].modules[place.1];
        let Some(meanings) = module.names.get(first) else {
            let through = |glob: &Vec<String>| self.resolve(place, &[glob, path].concat(), chain + 1);
            return module.globs.iter().flat_map(through).collect();
        };
        let has_child = meanings.iter().any(|meaning| matches!(meaning, Meaning::Child(_)));
        let definers = meanings.iter().flat_map(|meaning| match meaning {
            // A name that is both an item and a module: the rest of the path is in the module.
            Meaning::Item if has_child && !rest.is_empty() => Vec::new(),
            Meaning::Item => vec![place],
            Meaning::Child(child) => self.descend((place.0, *child), rest, chain),
            Meaning::Import(path) => self.resolve(place, &[path, rest].concat(), chain + 1),
        });
        definers.collect()
    }
}
