//! Sending by SES.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    config::{Builder, http::HttpResponse, retry::RetryConfig, timeout::TimeoutConfig},
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::send_email::{SendEmailError, builders::SendEmailFluentBuilder},
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};
use shared::{
    aws,
    context::SdkConfig,
    environment::{Environment, variable},
    error::chain,
};

use crate::{AUTO_SUBMITTED, Mail, SendError, Sender, sender::Sending};

/// How long a call may take. SES needs some 100 ms.
const CALL: Duration = Duration::from_secs(8);

/// How long a connection may take. It ends long before the call, so that this is no lost answer.
const CONNECTION: Duration = Duration::from_secs(3);

/// SES, with the configuration set that reports bounces and complaints.
#[derive(Debug)]
pub(crate) struct Ses {
    client: Client,
    configuration_set: Option<String>,
}

impl Ses {
    /// A client that tries each call once. The SDK would repeat a call whose answer was lost, and SES would
    /// send the mail twice.
    pub(crate) fn new(environment: &Environment, aws: &SdkConfig) -> Self {
        let once = TimeoutConfig::builder()
            .connect_timeout(CONNECTION)
            .operation_timeout(CALL)
            .operation_attempt_timeout(CALL)
            .build();
        let config = Builder::from(aws).retry_config(RetryConfig::disabled()).timeout_config(once).build();
        let configuration_set = environment.optional(variable::MAIL_CONFIGURATION).map(str::to_owned);
        Self { client: Client::from_conf(config), configuration_set }
    }

    fn request(&self, mail: &Mail) -> Result<SendEmailFluentBuilder, BuildError> {
        let text = |text: &str| Content::builder().data(text).charset("UTF-8").build();
        let (name, value) = AUTO_SUBMITTED;
        let message = Message::builder()
            .subject(text(&mail.subject)?)
            .body(Body::builder().text(text(&mail.text)?).html(text(&mail.html)?).build())
            .headers(MessageHeader::builder().name(name).value(value).build()?)
            .build();
        Ok(self
            .client
            .send_email()
            .from_email_address(mail.from.header())
            .set_reply_to_addresses(mail.reply_to.as_ref().map(|reply_to| vec![reply_to.header()]))
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .set_configuration_set_name(self.configuration_set.clone()))
    }
}

impl Sender for Ses {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(async move {
            let request = self.request(mail).map_err(|error| SendError::Rejected(error.to_string()))?;
            request.send().await.map(|_| ()).map_err(send_error)
        })
    }
}

/// Tells a refusal of this mail from an error of SES, of its settings or of the network. Those may be over at
/// the next attempt, and until then every attempt counts as failed, which an operator sees. Where the request
/// has left and SES's own word is missing, nobody knows whether the mail was sent.
fn send_error(error: SdkError<SendEmailError, HttpResponse>) -> SendError {
    let kind = match &error {
        SdkError::ServiceError(refusal) if is_refusal(refusal.err()) => SendError::Rejected,
        // Something between SES and us answered.
        SdkError::ServiceError(answer) if answer.err().code().is_none() => SendError::Unknown,
        SdkError::ServiceError(_) | SdkError::ConstructionFailure(_) => SendError::Failed,
        // The request could not be made.
        SdkError::DispatchFailure(failure) if failure.is_user() => SendError::Failed,
        SdkError::DispatchFailure(failure)
            if failure.as_connector_error().is_none_or(|error| is_of_connection(&chain(error))) =>
        {
            SendError::Failed
        }
        _ => SendError::Unknown,
    };
    kind(without_addresses(&aws::reason(error)))
}

/// Whether SES refuses this mail, whenever it comes. An identity that isn't verified may be soon.
fn is_refusal(error: &SendEmailError) -> bool {
    matches!(error, SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_))
        && !error.message().unwrap_or_default().contains("not verified")
}

/// Whether there was no connection, so that the request can't have left. The connector tells it by its text
/// alone.
fn is_of_connection(error: &str) -> bool {
    error.contains("(Connect)") || error.contains("HTTP connect")
}

/// The reason without mail addresses: in its sandbox, SES names the recipients that aren't verified.
fn without_addresses(reason: &str) -> String {
    let words = reason.split(' ').map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use mails::EmailAddress;

    use super::*;
    use crate::Correspondent;

    fn mail() -> Mail {
        Mail {
            from: Correspondent::parse("Cửa hàng <shop@example.com>").unwrap(),
            reply_to: Correspondent::parse("help@example.com"),
            to: EmailAddress::parse("Ada@example.com").unwrap(),
            subject: "Chào".to_owned(),
            text: "text".to_owned(),
            html: "html".to_owned(),
        }
    }

    #[test]
    fn a_request_has_the_headers_and_both_bodies() {
        let aws = SdkConfig::builder()
            .region(Region::new("eu-west-1"))
            .behavior_version(BehaviorVersion::latest())
            .build();
        let set = (variable::MAIL_CONFIGURATION.to_owned(), "mails".to_owned());
        let ses = Ses::new(&Environment::from_variables([set]), &aws);
        let mail = mail();
        let request = ses.request(&mail).unwrap();
        let request = request.as_input();
        assert_eq!(
            request.get_from_email_address().as_deref(),
            Some("=?UTF-8?B?Q+G7rWEgaMOgbmc=?= <shop@example.com>")
        );
        assert_eq!(request.get_reply_to_addresses().as_deref(), Some(&["help@example.com".to_owned()][..]));
        assert_eq!(request.get_destination().as_ref().unwrap().to_addresses(), ["Ada@example.com"]);
        assert_eq!(request.get_configuration_set_name().as_deref(), Some("mails"));
        let message = request.get_content().as_ref().unwrap().simple().unwrap();
        let headers: Vec<_> =
            message.headers().iter().map(|header| (header.name(), header.value())).collect();
        assert_eq!(headers, [("Auto-Submitted", "auto-generated")]);
        assert_eq!(message.subject().unwrap().data(), "Chào");
        let body = message.body().unwrap();
        assert_eq!((body.text().unwrap().data(), body.html().unwrap().data()), ("text", "html"));
        assert!(!format!("{mail:?}").contains("text"), "Debug shows no body");
    }

    /// SES at this address, which speaks HTTP.
    fn ses_at(port: u16) -> Ses {
        let variables = [
            (variable::AWS_REGION, "eu-west-1".to_owned()),
            (variable::AWS_ENDPOINT_URL_SESV2, format!("http://127.0.0.1:{port}")),
        ];
        let environment =
            Environment::from_variables(variables.map(|(name, value)| (name.to_owned(), value)));
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let aws = aws::config(&environment).unwrap().into_builder();
        let aws = aws.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Ses::new(&environment, &aws)
    }

    /// The outcome if SES sends this text and closes the connection.
    async fn answered(answer: String) -> Result<(), SendError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.windows(5).any(|end| end == b"\r\n\r\n{") {
                let mut chunk = [0; 4096];
                let len = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..len]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let result = ses_at(port).send(&mail()).await;
        server.join().unwrap();
        result
    }

    fn answer(status: u16, code: &str, body: &str) -> String {
        let len = body.len();
        format!("HTTP/1.1 {status} x\r\n{code}Content-Length: {len}\r\nConnection: close\r\n\r\n{body}")
    }

    /// The outcome if SES answers with an error.
    async fn error(status: u16, code: &str, message: &str) -> SendError {
        let body = format!("{{\"message\":\"{message}\"}}");
        answered(answer(status, &format!("x-amzn-ErrorType: {code}\r\n"), &body)).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_mail_that_ses_takes_is_sent() {
        assert_eq!(answered(answer(200, "", r#"{"MessageId":"m1"}"#)).await, Ok(()));
    }

    #[tokio::test]
    async fn a_refused_mail_is_refused_for_good() {
        let refused = error(400, "MessageRejected", "Bad content of ada@example.com").await;
        let reason = "MessageRejected Bad content of (address)";
        assert_eq!(refused, SendError::Rejected(reason.to_owned()));
        let refused = error(400, "BadRequestException", "Missing final '@domain'").await;
        assert!(matches!(refused, SendError::Rejected(_)), "{refused}");
    }

    /// An operator verifies it, or leaves the sandbox.
    #[tokio::test]
    async fn an_identity_that_is_not_verified_may_be_soon_and_its_reason_names_no_recipient() {
        let message = "Email address is not verified. The following identities failed the check in region \
            EU-WEST-1: ada@example.com, Ada <ada@example.com>";
        let reason = "MessageRejected Email address is not verified. The following identities failed the \
            check in region EU-WEST-1: (address) Ada (address)";
        let refused = error(400, "MessageRejected", message).await;
        assert_eq!(refused, SendError::Failed(reason.to_owned()));
    }

    #[tokio::test]
    async fn throttling_settings_and_faults_of_ses_are_tried_again() {
        for (status, code) in [
            (429, "TooManyRequestsException"),
            (400, "SendingPausedException"),
            (400, "MailFromDomainNotVerifiedException"),
            (403, "AccessDeniedException"),
            (500, "InternalFailure"),
        ] {
            let error = error(status, code, "later").await;
            assert_eq!(error, SendError::Failed(format!("{code} later")));
        }
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = ses_at(closed).send(&mail()).await.unwrap_err();
        assert!(matches!(error, SendError::Failed(_)), "no connection: {error}");
    }

    #[tokio::test]
    async fn without_an_answer_of_ses_nobody_knows_whether_the_mail_was_sent() {
        for answer in [
            String::new(),
            "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{".to_owned(),
            answer(200, "", "no JSON"),
            answer(502, "", ""),
            answer(504, "", "<html>"),
        ] {
            let error = answered(answer.clone()).await.unwrap_err();
            assert!(matches!(error, SendError::Unknown(_)), "{answer}: {error}");
        }
        assert!(matches!(send_error(SdkError::timeout_error("late")), SendError::Unknown(_)));
    }
}
