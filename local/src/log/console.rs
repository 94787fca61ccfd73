//! Log lines on standard error. Standard output is for the answer.

use std::io::{self, Write};

use jiff::{Timestamp, tz::TimeZone};
use secrecy::ExposeSecret;
use shared::log::Event as AuditEvent;
use tracing::Level;

use super::{Event, MailEntry, RequestEntry, printable, sentence};

/// A format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people: one for each request, and one for each event that explains it
    #[default]
    Human,
    /// JSON for programs: one line for each event and each request
    Json,
}

/// Whether lines have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Colours by outcome.
    ByOutcome,
    /// No colours: the output is a file or a pipe, or the user wants none.
    None,
}

/// The destination and the format of log lines.
#[derive(Clone, Debug)]
pub struct Console {
    /// The reader of the lines.
    pub format: Format,
    /// Whether people see the events as JSON too.
    pub is_verbose: bool,
    /// Whether lines have colours.
    pub colour: Colour,
    /// Whether the lines of mails show the mails' links. A terminal may; a file must not keep them.
    pub shows_links: bool,
    /// The time zone of the times of day.
    pub zone: TimeZone,
}

const DIM: &str = "2";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
/// The widths of the columns before the reason, so that they line up. OPTIONS is the longest method.
const METHOD_WIDTH: usize = 7;
const PATH_WIDTH: usize = 28;

impl Console {
    /// Writes an event, unless its request's line will include it.
    pub(super) fn write_event(&self, event: &Event, is_of_a_request: bool) {
        print(&self.event(event, is_of_a_request));
    }

    /// Writes a request.
    pub(super) fn write_request(&self, request: &RequestEntry) {
        print(&self.request(request));
    }

    /// Writes a mail.
    pub(super) fn write_mail(&self, mail: &MailEntry) {
        print(&self.mail(mail));
    }

    fn event(&self, event: &Event, is_of_a_request: bool) -> String {
        let json = || format!("{}\n", printable::json(&event.to_json()));
        if self.format == Format::Json {
            return json();
        }
        let mut lines = if self.is_verbose && event.name().is_some() { json() } else { String::new() };
        // People see the publication of a key, for example, only with `--verbose`. A mail has a line of its own.
        let is_said = event.name().is_some_and(|name| name != AuditEvent::MailSent.name());
        let is_for_all = self.is_verbose || is_said || event.level <= Level::WARN;
        if let Some(sentence) = sentence::of(event).filter(|_| is_for_all && !is_of_a_request) {
            let time = self.time(event.at);
            let sentence = printable::text(&sentence);
            let line = match event.level {
                Level::ERROR => format!("{time}  {}  {sentence}\n", self.paint(RED, "ERROR")),
                Level::WARN => format!("{time}  {}  {sentence}\n", self.paint(YELLOW, "WARN")),
                _ => format!("{time}  {sentence}\n"),
            };
            lines.push_str(&line);
        }
        lines
    }

    fn request(&self, request: &RequestEntry) -> String {
        if self.format == Format::Json {
            return format!("{}\n", printable::json(&request.to_json()));
        }
        let colour = match request.status {
            Some(status) if status < 400 => GREEN,
            Some(status) if status < 500 => YELLOW,
            _ => RED,
        };
        let status = request.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        let why: Vec<&str> =
            [&request.error, &request.reason].into_iter().filter_map(Option::as_deref).collect();
        let why = (!why.is_empty()).then(|| self.paint(colour, &why.join(": ")));
        let user = request.user_id.as_ref().map(|id| format!("user {id}"));
        let client = request.client_id.as_ref().map(|id| format!("client {id}"));
        let upstream = request.upstream.as_ref().map(|url| format!("by {url}"));
        let milliseconds = request.elapsed.as_secs_f64() * 1e3;
        let digits = usize::from(milliseconds < 10.0);
        let elapsed = self.paint(DIM, &format!("{milliseconds:.digits$} ms"));
        let rest: Vec<_> = [why, user, client, upstream, Some(elapsed)].into_iter().flatten().collect();
        let mut lines = format!(
            "{}  {}  {:METHOD_WIDTH$}  {:PATH_WIDTH$}  {}\n",
            self.time(request.at),
            self.paint(colour, &status),
            request.method,
            request.path,
            rest.join("  ")
        );
        for note in &request.notes {
            let line = format!("{:8}  {} {note}\n", "", self.paint(colour, "  ↳"));
            lines.push_str(&line);
        }
        lines
    }

    /// The line of a mail. JSON has the mailer's event instead.
    fn mail(&self, mail: &MailEntry) -> String {
        if self.format == Format::Json {
            return String::new();
        }
        let link = mail.link.as_ref().filter(|_| self.shows_links);
        let link = link.map(|link| printable::text(link.expose_secret()));
        let words = [printable::text(&mail.to), printable::text(&mail.subject)].into_iter().chain(link);
        let words: Vec<_> = words.collect();
        format!("{}  {}  {}\n", self.time(mail.at), self.paint(GREEN, "mail"), words.join("  "))
    }

    /// The time of day.
    fn time(&self, at: Timestamp) -> String {
        self.paint(DIM, &at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string())
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        match self.colour {
            Colour::ByOutcome => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
            Colour::None => text.to_owned(),
        }
    }
}

/// Prints with one write, so that lines of requests that end at the same time don't mix. A failure is ignored: it means
/// that standard error is closed.
fn print(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use serde_json::{Value, json};

    use super::super::request::Observed;
    use super::*;

    const AT: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn console(format: Format, is_verbose: bool, colour: Colour) -> Console {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        Console { format, is_verbose, colour, shows_links: false, zone }
    }

    fn for_people() -> Console {
        console(Format::Human, false, Colour::None)
    }

    fn event(level: Level, fields: Value) -> Arc<Event> {
        let Value::Object(fields) = fields else { panic!("fields") };
        Arc::new(Event { at: AT, level, message: String::new(), fields })
    }

    fn refused() -> RequestEntry {
        let who = json!({ "user_id": "demo-user", "client_id": "demo-app" });
        let mut reused = json!({ "event": "refresh_token_reused", "subtype": "ancestor" });
        let mut last = json!({ "event": "refresh_refused", "status": 400, "error": "invalid_grant",
            "reason": "token_reused", "duration_ms": 3.2 });
        for line in [&mut reused, &mut last] {
            line.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        }
        let events = [event(Level::WARN, reused), event(Level::INFO, last)];
        let observed = Observed {
            at: AT,
            method: "POST",
            path: "/refresh",
            status: Some(400),
            own: None,
            upstream: Some("http://127.0.0.1:9001".to_owned()),
            elapsed: Duration::from_micros(4321),
        };
        RequestEntry::of(&observed, &events)
    }

    #[test]
    fn a_request_is_one_line_and_its_event_is_another() {
        let lines = for_people().request(&refused());
        let expected = "\
13:06:40  400  POST     /refresh                      invalid_grant: token_reused  user demo-user  client demo-app  by http://127.0.0.1:9001  4.3 ms
            ↳ Probably theft: an old refresh token of demo-user on demo-app was used again. Its session ends.
";
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_columns_align_for_every_method() {
        for method in ["GET", "OPTIONS", "CONNECT", "DELETE"] {
            let lines = for_people().request(&RequestEntry { method: method.to_owned(), ..refused() });
            assert_eq!(lines.find("/refresh"), Some(24), "{lines}");
        }
    }

    #[test]
    fn only_a_terminal_gets_colours_and_each_outcome_has_one() {
        let coloured = console(Format::Human, false, Colour::ByOutcome);
        for (status, colour) in
            [(200, GREEN), (204, GREEN), (302, GREEN), (401, YELLOW), (500, RED), (503, RED)]
        {
            let request = RequestEntry { status: Some(status), ..refused() };
            let painted = format!("\u{1b}[{colour}m{status}\u{1b}[0m");
            assert!(coloured.request(&request).contains(&painted), "{status}");
            assert!(!for_people().request(&request).contains('\u{1b}'), "{status}");
        }
    }

    #[test]
    fn a_caller_forges_no_line() {
        let observed = Observed {
            at: AT,
            method: "X\u{1b}[2J",
            path: "/a\n13:06:40  200  POST\u{1b}[31m\u{9b}1m\u{202e}",
            status: None,
            own: Some(("no\nerror", "no\u{7}reason")),
            upstream: Some("http://x\n".to_owned()),
            elapsed: Duration::from_millis(12),
        };
        let fields =
            json!({ "event": "session_revoked", "user_id": "u\u{1b}[31m\n", "client_id": "\u{202e}c" });
        let request = RequestEntry::of(&observed, &[event(Level::INFO, fields)]);
        for format in [Format::Human, Format::Json] {
            let lines = console(format, true, Colour::None).request(&request);
            let is_plain = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
            assert!(lines.chars().all(is_plain), "{lines:?}");
            assert_eq!(lines.lines().count(), if format == Format::Human { 2 } else { 1 }, "{lines}");
        }
    }

    #[test]
    fn an_event_is_printed_with_its_request_and_others_at_once() {
        let warning = Event { message: "look\u{1b}".to_owned(), ..(*event(Level::WARN, json!({}))).clone() };
        assert_eq!(for_people().event(&warning, true), "");
        assert_eq!(for_people().event(&warning, false), "13:06:40  WARN  look\\u{1b}\n");
        let detail = Event { level: Level::INFO, ..warning.clone() };
        assert_eq!(for_people().event(&detail, false), "");
        assert_eq!(
            console(Format::Human, true, Colour::None).event(&detail, false),
            "13:06:40  look\\u{1b}\n"
        );
        let ordinary = event(Level::INFO, json!({ "event": "login_succeeded", "duration_ms": 2.0 }));
        assert_eq!(for_people().event(&ordinary, false), "");

        let shown = console(Format::Human, true, Colour::None).event(&ordinary, true);
        let json: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!((json["event"].as_str(), json["level"].as_str()), (Some("login_succeeded"), Some("INFO")));
        assert_eq!(console(Format::Json, false, Colour::None).event(&ordinary, true), shown);
    }

    #[test]
    fn only_a_terminal_gets_the_link_of_a_mail() {
        let mail = MailEntry {
            at: AT,
            to: "ada@example.com".to_owned(),
            subject: "Confirm\u{1b}[31m".to_owned(),
            link: Some("http://localhost:8787/account/confirm?token=lgm1_x".into()),
        };
        let said = "13:06:40  mail  ada@example.com  Confirm\\u{1b}[31m";
        assert_eq!(for_people().mail(&mail), format!("{said}\n"));
        let terminal = Console { shows_links: true, ..for_people() };
        let link = "http://localhost:8787/account/confirm?token=lgm1_x";
        assert_eq!(terminal.mail(&mail), format!("{said}  {link}\n"));
        for shows_links in [false, true] {
            let json = Console { shows_links, ..console(Format::Json, true, Colour::None) };
            assert_eq!(json.mail(&mail), "");
        }
        assert!(!format!("{mail:?} {}", mail.to_json()).contains("lgm1_"));
        let sent = event(Level::INFO, json!({ "event": "mail_sent", "mailbox": "m" }));
        assert_eq!(for_people().event(&sent, false), "", "the mail's own line says it");
    }

    #[test]
    fn json_lines_contain_the_same() {
        let line = console(Format::Json, false, Colour::ByOutcome).request(&refused());
        let line: Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "timestamp": AT.to_string(), "level": "INFO", "message": "request", "method": "POST", "path": "/refresh",
            "status": 400, "error": "invalid_grant", "reason": "token_reused", "user_id": "demo-user",
            "client_id": "demo-app", "upstream": "http://127.0.0.1:9001", "elapsed_ms": 4.321,
        });
        assert_eq!(line, expected);
    }
}
