//! Mails on this machine: the terminal, the page and the list show them, and an SMTP server sends them.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::Value;
use shared::route;

use crate::{
    page::Stream,
    running::{Folder, Running},
};

const ADDRESS: &str = "Ada@Example.com";
const SIGN_UP: &str = "client_id=demo-app&email=Ada@Example.com";
const PASSWORD: &str = "battery+horse+staple+correct";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn mails(running: &Running) -> Vec<Value> {
    let mails = reqwest::get(running.text("mails")).await.unwrap();
    assert_eq!(mails.status(), 200);
    serde_json::from_slice(&mails.bytes().await.unwrap()).unwrap()
}

/// The newest of this many mails, once they are there.
async fn newest(running: &Running, count: usize) -> Value {
    for _ in 0..200 {
        let mut mails = mails(running).await;
        if mails.len() == count {
            return mails.pop().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{count} mails never came");
}

/// The token of the link in a mail.
fn token(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let found = text.split("token=").nth(1).unwrap_or_else(|| panic!("a link: {text}"));
    found.split(|c: char| c.is_whitespace() || c == '&').next().unwrap().to_owned()
}

async fn confirm(running: &Running, token: &str) -> (u16, Value) {
    let body = format!("client_id=demo-app&token={token}&password={PASSWORD}");
    running.post(route::SIGNUP_CONFIRM, body).await
}

#[tokio::test]
async fn a_sign_up_is_confirmed_with_the_link_of_its_mail() {
    for arguments in [&["--api", "rest"][..], &["--api", "http", "--log", "json"]] {
        let running = Running::logging(arguments);
        let mut events = Stream::open(running.text("url"), "/_local/events");
        assert_eq!(mails(&running).await, Vec::<Value>::new());
        let (status, asked) = running.post(route::SIGNUP, SIGN_UP.to_owned()).await;
        assert_eq!(status, 202, "{asked}");
        let mail = newest(&running, 1).await;
        let names: Vec<_> = mail.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["html", "subject", "text", "to"]);
        assert_eq!(mail["to"], ADDRESS);
        let (token, subject) = (token(&mail), mail["subject"].as_str().unwrap());
        let link = format!("{}{}?token={token}", running.text("url"), route::ACCOUNT_CONFIRM);
        assert!(mail["text"].as_str().unwrap().contains(&link), "{mail}");
        let told = events.read_to(r#""kind":"mail""#);
        assert!(!told.contains("lgm1_") && !told.contains("lgq1_"), "{told}");

        let (status, tokens) = confirm(&running, &token).await;
        assert_eq!(status, 200, "{tokens}");
        assert_eq!(running.call(&tokens).await, 200);
        let (status, again) = confirm(&running, &token).await;
        assert_eq!((status, &again["error"]), (400, &"invalid_grant".into()));

        // The address has an account by now. Only its mail says so.
        let (status, _) = running.post(route::SIGNUP, SIGN_UP.to_owned()).await;
        assert_eq!(status, 202);
        let second = newest(&running, 2).await;
        assert!(!second["text"].as_str().unwrap().contains("lgm1_"), "{second}");
        assert_ne!(second["subject"], subject);

        let (request, subject) = (asked["request"].as_str().unwrap().to_owned(), subject.to_owned());
        let logged = running.logged();
        for secret in [&token, &request] {
            assert!(!logged.contains(&secret[..20]), "{logged}");
        }
        let printed = format!("  mail  {ADDRESS}  {subject}\n");
        assert_eq!(logged.contains(&printed), !arguments.contains(&"json"), "{printed}: {logged}");
    }
}

#[tokio::test]
async fn a_link_outlives_a_restart_with_the_database() {
    let folder = Folder::new("mail-key");
    let db = folder.0.join("latchgate.db");
    let db = db.to_str().unwrap();
    let arguments = ["--db", db, "--parameter", "Issuer=https://issuer.example.com"];
    let first = Running::start(&arguments);
    assert_eq!(first.post(route::SIGNUP, SIGN_UP.to_owned()).await.0, 202);
    let token = token(&newest(&first, 1).await);
    drop(first);
    #[cfg(unix)]
    {
        let file = std::fs::metadata(format!("{db}.mail-key")).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&file) & 0o077, 0, "it is its owner's alone");
    }
    let second = Running::start(&arguments);
    assert_eq!(confirm(&second, &token).await.0, 200);
}

#[tokio::test]
async fn sign_up_and_mails_can_be_turned_off() {
    let closed = Running::start(&["--sign-up", "closed"]);
    let (status, refused) = closed.post(route::SIGNUP, SIGN_UP.to_owned()).await;
    assert_eq!((status, &refused["error"]), (403, &"access_denied".into()), "{refused}");
    let forgot = "client_id=demo-app&email=nobody@example.com".to_owned();
    assert_eq!(closed.post(route::FORGOT, forgot.clone()).await.0, 202);
    assert_eq!(newest(&closed, 1).await["to"], "nobody@example.com");

    let silent = Running::start(&["--parameter", "MailFrom="]);
    assert_eq!(silent.line["mails"], Value::Null);
    let (status, refused) = silent.post(route::FORGOT, forgot).await;
    assert_eq!((status, &refused["error"]), (503, &"temporarily_unavailable".into()), "{refused}");
}

/// Signs Ada up, by her first mail.
async fn signed_up(running: &Running) -> Value {
    assert_eq!(running.post(route::SIGNUP, SIGN_UP.to_owned()).await.0, 202);
    let (status, tokens) = confirm(running, &token(&newest(running, 1).await)).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn end_all_sessions(running: &Running, tokens: &Value) {
    let token = tokens["refresh_token"].as_str().unwrap();
    let body = format!("client_id=demo-app&everywhere=true&token={token}");
    assert_eq!(running.post(route::LOGOUT, body).await.0, 200);
}

/// The records of the table's stream reach the mailer, and a logout that isn't one of all sessions makes no mail.
#[tokio::test]
async fn a_user_is_told_that_all_sessions_ended() {
    let running = Running::start(&[]);
    let tokens = signed_up(&running).await;
    let login = format!("client_id=demo-app&username={ADDRESS}&password={PASSWORD}");
    let (_, other) = running.post(route::LOGIN, login).await;
    let token = other["refresh_token"].as_str().unwrap();
    assert_eq!(running.post(route::LOGOUT, format!("client_id=demo-app&token={token}")).await.0, 200);
    end_all_sessions(&running, &tokens).await;
    let mail = newest(&running, 2).await;
    assert_eq!(mail["to"], ADDRESS);
    assert!(!mail["text"].as_str().unwrap().contains("lgm1_"), "{mail}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(mails(&running).await.len(), 2, "once");
}

/// A database of an earlier release has no such streams. A restart tells no user again.
#[tokio::test]
async fn an_older_database_gets_its_streams() {
    let folder = Folder::new("streams");
    let db = folder.0.join("latchgate.db");
    let arguments = ["--db", db.to_str().unwrap(), "--parameter", "Issuer=https://issuer.example.com"];
    // Without a sender, the tables have no streams.
    drop(Running::start(&[&arguments[..], &["--parameter", "MailFrom="]].concat()));
    let running = Running::start(&arguments);
    let tokens = signed_up(&running).await;
    end_all_sessions(&running, &tokens).await;
    assert_eq!(newest(&running, 2).await["to"], ADDRESS);
    drop(running);
    let again = Running::start(&arguments);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(mails(&again).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_user_is_told_of_a_new_device_if_the_operator_wants_it() {
    // With `wanted` the user hasn't asked for it.
    for (new_devices, count) in [("no", 1), ("wanted", 1), ("yes", 2)] {
        let running = Running::start(&["--parameter", &format!("NewDeviceMails={new_devices}")]);
        signed_up(&running).await;
        // A session of the second of the sign-up counts as the one that it began.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let login = format!("client_id=demo-app&username={ADDRESS}&password={PASSWORD}");
        let request = reqwest::Client::new().post(format!("{}{}", running.text("url"), route::LOGIN));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("user-agent", FIREFOX).body(login);
        assert_eq!(request.send().await.unwrap().status(), 200);
        let mail = newest(&running, count).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(mails(&running).await.len(), count, "{mail}");
    }
}

#[tokio::test]
async fn a_mail_waits_until_its_smtp_server_is_there() {
    // The port is free until the server below takes it.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sender = ["--mail-from", "Shop <shop@example.com>"];
    let running = Running::start(&[&["--smtp", &address.to_string()][..], &sender].concat());
    assert_eq!(running.post(route::SIGNUP, SIGN_UP.to_owned()).await.0, 202);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(mails(&running).await, Vec::<Value>::new(), "it isn't sent yet");

    let received = smtp_server(TcpListener::bind(address).unwrap());
    let mail = newest(&running, 1).await;
    let sent = received.recv_timeout(Duration::from_secs(10)).unwrap();
    for expected in
        ["MAIL FROM:<shop@example.com>", "RCPT TO:<Ada@Example.com>", "multipart/alternative", "Shop"]
    {
        assert!(sent.contains(expected), "{expected}: {sent}");
    }
    assert!(token(&mail).starts_with("lgm1_"));
    assert!(received.recv_timeout(Duration::from_secs(6)).is_err(), "it is sent once");
}

/// A server that accepts each mail, and passes on what it was told.
fn smtp_server(listener: TcpListener) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = sender.send(receive(&stream.unwrap()));
        }
    });
    receiver
}

/// The lines of one connection (RFC 5321 section 4.1).
fn receive(mut stream: &TcpStream) -> String {
    let mut told = String::new();
    let mut is_data = false;
    stream.write_all(b"220 test\r\n").unwrap();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        told.push_str(&line);
        told.push('\n');
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." if is_data => {
                is_data = false;
                "250 accepted\r\n"
            }
            _ if is_data => continue,
            "DATA" => {
                is_data = true;
                "354 go on\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").unwrap();
                break;
            }
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).unwrap();
    }
    told
}
