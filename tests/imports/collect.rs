//! Reads a crate from its sources: follows its `mod` declarations, and collects what each module defines and uses.

use std::path::{Path, PathBuf};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Field, ImplItem, Item, ItemMod, ItemUse, Macro, Meta, Stmt, UseTree, Visibility};

use super::module::{Crate, Meaning, Module, Segments, Usage};

/// Reads a source file, if there is one at this path.
type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

impl Crate {
    /// The crate `name` whose root is the file `root`.
    pub(super) fn read(name: &str, root: &Path, read: Read<'_>) -> Self {
        let directory = root.parent().unwrap().to_owned();
        let mut collector = Collector { read, modules: Vec::new(), current: 0, directory };
        collector.file(root, None);
        Self { name: name.to_owned(), modules: collector.modules }
    }
}

struct Collector<'a> {
    read: Read<'a>,
    modules: Vec<Module>,
    /// The module that is being read.
    current: usize,
    /// The directory that holds the child modules of the current one.
    directory: PathBuf,
}

impl Collector<'_> {
    fn file(&mut self, path: &Path, parent: Option<usize>) {
        let text = (self.read)(path).unwrap();
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.current = self.modules.len();
        self.modules.push(Module::new(path.to_owned(), parent));
        self.visit_file(&file);
    }

    fn child(&mut self, declaration: &ItemMod) {
        let name = declaration.ident.to_string();
        let (parent, directory) = (self.current, self.directory.clone());
        let index = self.modules.len();
        self.modules[parent].define(name.clone(), Meaning::Child(index));
        self.directory = directory.join(&name);
        if let Some((_, items)) = &declaration.content {
            let file = self.modules[parent].file.clone();
            self.modules.push(Module::new(file, Some(parent)));
            self.current = index;
            for item in items {
                self.visit_item(item);
            }
        } else {
            let beside = directory.join(format!("{name}.rs"));
            let file = if (self.read)(&beside).is_some() { beside } else { self.directory.join("mod.rs") };
            self.file(&file, Some(parent));
        }
        (self.current, self.directory) = (parent, directory);
    }

    fn uses(&mut self, path: Segments, re_export: bool) {
        self.modules[self.current].usages.push(Usage { path, re_export });
    }

    fn import(&mut self, tree: &UseTree, mut path: Segments, re_export: bool) {
        let (segment, name) = match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                return self.import(&tree.tree, path, re_export);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, path.clone(), re_export));
            }
            UseTree::Glob(_) => return self.modules[self.current].globs.push(path),
            UseTree::Name(name) => (name.ident.to_string(), None),
            UseTree::Rename(name) => (name.ident.to_string(), Some(name.rename.to_string())),
        };
        if segment != "self" {
            path.push(segment);
        }
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            self.modules[self.current].define(name, Meaning::Import(path.clone()));
        }
        self.uses(path, re_export);
    }

    /// Collects the paths among the tokens of a macro or attribute, which have no syntax tree.
    fn tokens(&mut self, mut rest: Cursor<'_>) {
        let mut path = Segments::new();
        // The punctuation since the last identifier: a path goes on after `::`, and a field or a method follows `.`.
        let mut between = String::new();
        while !rest.eof() {
            if let Some((ident, next)) = rest.ident() {
                if between != "::" {
                    self.uses(std::mem::take(&mut path), false);
                }
                if between != "." {
                    path.push(ident.to_string());
                }
                between.clear();
                rest = next;
            } else if let Some((punct, next)) = rest.punct() {
                between.push(punct.as_char());
                rest = next;
            } else {
                self.uses(std::mem::take(&mut path), false);
                between.clear();
                rest = self.literal_or_group(rest);
            }
        }
        self.uses(path, false);
    }

    /// Collects the paths in a group. In a literal, as in `#[serde(with = "path")]`, collects the path.
    fn literal_or_group<'c>(&mut self, rest: Cursor<'c>) -> Cursor<'c> {
        if let Some((inside, _, _, next)) = rest.any_group() {
            self.tokens(inside);
            return next;
        }
        if let Some((literal, next)) = rest.literal() {
            if let Ok(path) = syn::parse_str::<syn::Path>(literal.to_string().trim_matches('"')) {
                self.visit_path(&path);
            }
            return next;
        }
        rest.token_tree().map_or(rest, |(_, next)| next)
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            _ => return visit::visit_item(self, item),
        };
        if is_for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.modules[self.current].define(name.to_string(), Meaning::Item);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.child(item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let re_export = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, Segments::new(), re_export);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.uses(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), false);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        self.tokens(TokenBuffer::new2(item.tokens.clone()).begin());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.tokens(TokenBuffer::new2(list.tokens.clone()).begin()),
            Meta::Path(path) => self.visit_path(path),
            Meta::NameValue(_) => {}
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(call) => &call.attrs,
            _ => return visit::visit_stmt(self, statement),
        };
        if !is_for_tests(attributes) {
            visit::visit_stmt(self, statement);
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    })
}
