use std::ops::Deref;

use testbed::{Browser, Check, Jenkins, RunError, until};

use crate::SOON;

/// A browser in which the administrator has signed in.
#[derive(Debug)]
pub struct Visitor {
    browser: Browser,
    url: String,
}

impl Visitor {
    /// Starts the browser and signs in by the form.
    ///
    /// # Errors
    /// [`RunError`] of the browser, or when Jenkins does not let it in.
    pub fn sign_in(jenkins: &Jenkins) -> Result<Self, RunError> {
        let browser = Browser::start()?;
        let url = jenkins.url();
        browser.open(&format!("{url}login"))?;
        browser.write("#j_username", "admin")?;
        browser.write("#j_password", "admin")?;
        browser.click("button[name=Submit]")?;
        let inside = "return !document.querySelector('#j_username')";
        browser.await_script("the dashboard", inside, &[])?;
        let visitor = Self { browser, url };
        visitor.errors()?;
        Ok(visitor)
    }

    /// Starts the browser on a Jenkins where nobody has to sign in.
    ///
    /// # Errors
    /// [`RunError`] of the browser.
    pub fn enter(jenkins: &Jenkins) -> Result<Self, RunError> {
        let browser = Browser::start()?;
        let url = jenkins.url();
        Ok(Self { browser, url })
    }

    /// Opens a page, waits for words in it, keeps a picture, and gives what scripts and pictures failed.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the page shows.
    pub fn visit(&self, path: &str, words: &str, picture: &str) -> Result<Vec<String>, RunError> {
        self.go(path)?;
        self.await_text(words)?;
        self.picture(picture)?;
        self.errors()
    }

    /// Opens a page.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn go(&self, path: &str) -> Result<(), RunError> {
        self.open(&format!("{}{path}", self.url))
    }

    /// Opens a page again and again until it shows these words, which a page need not do by itself.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the page shows.
    pub fn await_page(&self, path: &str, words: &str) -> Result<(), RunError> {
        until(format!("`{words}` in {path}"), SOON, || {
            match self.go(path).and_then(|()| self.text()) {
                Ok(text) => Check::when(text.contains(words), (), || text),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }

    /// Presses a form's first button, Save, and waits until the next page is there.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the page shows.
    pub fn save(&self) -> Result<(), RunError> {
        let form = self.address()?;
        self.click("button[name=Submit]")?;
        until("the page after the form", SOON, || match self.address() {
            Ok(address) if address != form => Check::Ready(()),
            _ => Check::NotYet(self.text().unwrap_or_default()),
        })
    }
}

impl Deref for Visitor {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}
