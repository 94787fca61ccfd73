//! A crate as a tree of modules, each with the names that it defines and the paths that it uses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The segments of a path, as in `crate::store::Session`.
pub(super) type Segments = Vec<String>;

/// The meaning of a name in a module. A function and a module may share one name.
pub(super) enum Meaning {
    /// An item that the module defines.
    Item,
    /// A child module, by its index.
    Child(usize),
    /// An item of the path that a `use` names.
    Import(Segments),
}

/// A path that a module uses.
pub(super) struct Usage {
    pub(super) path: Segments,
    /// Whether it is a `pub use`. From a child module, that isn't an import.
    pub(super) re_export: bool,
}

/// A module of a crate.
pub(super) struct Module {
    /// Its file, relative to the workspace.
    pub(super) file: PathBuf,
    pub(super) parent: Option<usize>,
    pub(super) names: BTreeMap<String, Vec<Meaning>>,
    /// The paths of `use path::*`.
    pub(super) globs: Vec<Segments>,
    pub(super) usages: Vec<Usage>,
}

/// A crate: its modules, the root first.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) modules: Vec<Module>,
}

impl Module {
    pub(super) fn new(file: PathBuf, parent: Option<usize>) -> Self {
        Self { file, parent, names: BTreeMap::new(), globs: Vec::new(), usages: Vec::new() }
    }

    pub(super) fn define(&mut self, name: String, meaning: Meaning) {
        self.names.entry(name).or_default().push(meaning);
    }
}

impl Crate {
    /// Whether `module` is `ancestor` or a descendant of it.
    pub(super) fn is_within(&self, module: usize, ancestor: usize) -> bool {
        let parent = |module: &usize| self.modules.get(*module).and_then(|module| module.parent);
        std::iter::successors(Some(module), parent).any(|module| module == ancestor)
    }

    /// The name of the top-level module of `file`. `None` for the root file.
    pub(super) fn top_level(&self, file: &Path) -> Option<&str> {
        let root = self.modules.first()?;
        root.names.iter().find_map(|(name, meanings)| {
            let top = meanings.iter().find_map(|meaning| match meaning {
                Meaning::Child(child) => Some(*child),
                _ => None,
            })?;
            let mut below = self.modules.iter().enumerate().filter(|(index, _)| self.is_within(*index, top));
            below.any(|(_, module)| module.file == file).then_some(name.as_str())
        })
    }
}
