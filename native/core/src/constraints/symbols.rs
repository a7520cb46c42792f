//! Texts that occur on many hosts, kept once.

use std::collections::HashMap;

/// A text's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

impl Symbol {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// All texts that attributes of hosts are made of. Nothing is forgotten: a cluster has few different ones.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    numbers: HashMap<String, Symbol>,
    texts: Vec<String>,
}

impl Symbols {
    /// The symbol of a text; a text that was seen before costs no allocation.
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.numbers.insert(text.to_owned(), symbol);
        self.texts.push(text.to_owned());
        symbol
    }

    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.index()).map_or("", String::as_str)
    }
}
