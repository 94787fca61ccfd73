//! A captcha's function, at an endpoint of Lambda's API.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc::{self, Receiver},
    thread,
};

use reqwest::header;
use serde_json::Value;
use shared::route;

use crate::{
    running::Running,
    sign_in::{FORM, Page, browser},
};

const SOLVED: &str = "a-solution";
const WIDGET: [&str; 4] =
    ["--parameter", "CaptchaWidget=turnstile", "--parameter", "CaptchaSiteKey=1x00000000000000000000AA"];

/// A function that says yes to one solution.
struct Function {
    endpoint: String,
    /// Each call: its request line, and what the function was asked.
    calls: Receiver<(String, Value)>,
}

impl Function {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let head: Vec<String> = reader
                    .by_ref()
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .map(|line| line.to_ascii_lowercase())
                    .collect();
                let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
                let mut body = vec![0; length.unwrap().parse().unwrap()];
                reader.read_exact(&mut body).unwrap();
                let asked: Value = serde_json::from_slice(&body).unwrap();
                let answer = format!(r#"{{"success":{}}}"#, asked["captcha"] == SOLVED);
                // Before the answer, so that a test finds the call when it has its own.
                sender.send((head[0].clone(), asked)).unwrap();
                let length = answer.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
            }
        });
        Self { endpoint, calls }
    }

    /// The solution and the client of the only call.
    fn called(&self) -> (String, String) {
        let (line, asked) = self.calls.try_recv().unwrap();
        assert_eq!(line, "post /2015-03-31/functions/captcha/invocations http/1.1");
        assert_eq!((&asked["action"], &asked["ip"]), (&"sign_up".into(), &"127.0.0.1".into()), "{asked}");
        self.not_called();
        ["captcha", "client_id"].map(|name| asked[name].as_str().unwrap().to_owned()).into()
    }

    fn not_called(&self) {
        assert!(self.calls.try_recv().is_err());
    }
}

/// The number of mails so far.
async fn mails(running: &Running) -> usize {
    let mails = reqwest::get(running.text("mails")).await.unwrap().bytes().await.unwrap();
    serde_json::from_slice::<Vec<Value>>(&mails).unwrap().len()
}

/// Waits for this many mails.
async fn wait_for_mails(running: &Running, count: usize) {
    for _ in 0..200 {
        if mails(running).await == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{count} mails never came");
}

#[tokio::test]
async fn a_sign_up_needs_a_solution_that_the_function_accepts() {
    for api in ["rest", "http"] {
        let function = Function::start();
        let captcha = ["--api", api, "--captcha", &function.endpoint];
        let running = Running::start(&[&captcha[..], &WIDGET].concat());
        let sign_up = async |captcha: &str| {
            let body = format!("client_id=demo-app&email=ada@example.com{captcha}");
            let (status, body) = running.post(route::SIGNUP, body).await;
            (status, body["error_description"].as_str().map(str::to_owned))
        };
        let missing = sign_up("").await;
        assert_eq!(missing, (400, Some("The parameter captcha is missing.".to_owned())), "{api}");
        function.not_called();
        let wrong = sign_up("&captcha=wrong").await;
        assert_eq!(wrong, (400, Some("The captcha was not solved.".to_owned())), "{api}");
        assert_eq!(function.called(), ("wrong".to_owned(), "demo-app".to_owned()));
        assert_eq!(sign_up(&format!("&captcha={SOLVED}")).await, (202, None), "{api}");
        assert_eq!(function.called(), (SOLVED.to_owned(), "demo-app".to_owned()));
        wait_for_mails(&running, 1).await;
    }
}

#[tokio::test]
async fn the_page_shows_the_widget_and_its_form_needs_the_solution() {
    let function = Function::start();
    let running = Running::start(&[&["--captcha", &function.endpoint][..], &WIDGET].concat());
    let (base, browser) = (running.text("url"), browser());
    let address = format!("{base}{}", route::ACCOUNT_NEW);
    let page = Page::of(browser.get(&address)).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains(r#"data-sitekey="1x00000000000000000000AA""#), "{}", page.html);
    let cookie = page.cookie.clone().unwrap();
    let ask = async |csrf: &str, captcha: &str| {
        let filled = format!("csrf={csrf}&email=ada@example.com&action=ask{captcha}");
        let form = browser.post(&address).header(header::CONTENT_TYPE, FORM).body(filled);
        Page::of(form.header(header::ORIGIN, base).header(header::COOKIE, &cookie)).await
    };
    let missing = ask(page.csrf(), "").await;
    assert_eq!(missing.status, 400, "{}", missing.html);
    function.not_called();
    let wrong = ask(missing.csrf(), "&cf-turnstile-response=wrong").await;
    assert_eq!(wrong.status, 400, "{}", wrong.html);
    assert_eq!(function.called(), ("wrong".to_owned(), "(browser)".to_owned()));
    assert_eq!(mails(&running).await, 0);
    let sent = ask(wrong.csrf(), &format!("&cf-turnstile-response={SOLVED}")).await;
    assert_eq!(sent.status, 200, "{}", sent.html);
    assert_eq!(function.called(), (SOLVED.to_owned(), "(browser)".to_owned()));
    wait_for_mails(&running, 1).await;
}
