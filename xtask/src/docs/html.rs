//! The little HTML of help files as Markdown.

/// How wide the lines of the page get.
const WIDTH: usize = 120;

/// The text of a help file: paragraphs, lists, `code`, bold and italic; other tags are left out.
pub(super) fn markdown(help: &str) -> String {
    let mut page = Page::default();
    let mut rest = help;
    while let Some(start) = rest.find('<') {
        page.text(&rest[..start]);
        let Some(end) = rest[start..].find('>') else {
            rest = &rest[start..];
            break;
        };
        page.tag(&rest[start + 1..start + end]);
        rest = &rest[start + end + 1..];
    }
    page.text(rest);
    page.end_block();
    page.out
}

#[derive(Default)]
struct Page {
    out: String,
    /// The paragraph or list entry that is being read.
    block: String,
    in_list: bool,
}

impl Page {
    fn text(&mut self, text: &str) {
        self.block.push_str(
            &text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&"),
        );
    }

    fn tag(&mut self, tag: &str) {
        match tag.split_whitespace().next().unwrap_or_default() {
            "code" | "/code" => self.block.push('`'),
            "b" | "/b" => self.block.push_str("**"),
            "i" | "/i" => self.block.push('*'),
            "p" | "/p" | "div" | "/div" | "/li" => self.end_block(),
            "ul" => {
                self.end_block();
                self.in_list = true;
            }
            "/ul" => {
                self.end_block();
                self.in_list = false;
                self.out.push('\n');
            }
            "li" => self.end_block(),
            _ => {}
        }
    }

    fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        let (first, next, end) = if self.in_list {
            ("- ", "  ", "")
        } else {
            ("", "", "\n")
        };
        let mut line = String::new();
        for word in words(&block) {
            if line.is_empty() {
                line = format!("{first}{word}");
            } else if line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.out.push_str(&line);
                self.out.push('\n');
                line = format!("{next}{word}");
            } else {
                line.push(' ');
                line.push_str(word);
            }
        }
        if !line.is_empty() {
            self.out.push_str(&line);
            self.out.push('\n');
            self.out.push_str(end);
        }
    }
}

/// Words between blanks; what stands in `code` stays together.
fn words(block: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut in_code = false;
    for (at, c) in block.char_indices() {
        if c == '`' {
            in_code = !in_code;
        }
        if c.is_whitespace() && !in_code {
            if let Some(begin) = start.take() {
                words.push(&block[begin..at]);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|begin| &block[begin..]));
    words
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn paragraphs_and_lists_become_markdown() {
        let help = "<div>\n  <p>Where <b>it</b> is:</p>\n  <ul>\n    <li><code>a &amp; b</code>: one;</li>\n    \
                    <li>two.</li>\n  </ul>\n  <p>Empty: <i>none</i>.</p>\n</div>\n";
        assert_eq!(
            markdown(help),
            "Where **it** is:\n\n- `a & b`: one;\n- two.\n\nEmpty: *none*.\n\n"
        );
    }

    #[test]
    fn a_single_text_needs_no_paragraph() {
        assert_eq!(
            markdown("<div>\n  Free text &lt;x&gt;.\n</div>\n"),
            "Free text <x>.\n\n"
        );
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let long = "word ".repeat(40);
        let text = markdown(&format!("<div>{long}</div>"));
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
