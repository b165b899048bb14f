//! The calls of curl, browsers and other clients without gRPC: JSON over HTTP by the contract's bindings (`google.api.http`), and gRPC-Web. Each becomes
//! one gRPC call through the same layer and the same services. A gRPC call passes through.

mod call;
mod cors;
mod request;
mod response;

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, header};
use prost::bytes::Bytes;
use quittance_gateway::{BadContract, Found, Routes};
use tonic::{Code, Status, body::Body};
use tonic_web::GrpcWebLayer;
use tower::{Layer, Service, ServiceExt as _};
use tower_http::cors::CorsLayer;

pub use cors::CorsConfig;

use crate::Fault;

/// The path of the OpenAPI document.
const OPENAPI_PATH: &str = "/openapi.json";

/// The layer that accepts JSON and gRPC-Web beside gRPC.
#[derive(Debug, Clone)]
pub(crate) struct WebLayer {
    web: Arc<Web>,
}

#[derive(Debug)]
struct Web {
    services: Vec<String>,
    routes: Routes,
    cors: Option<CorsLayer>,
    /// Made when it is first asked for.
    openapi: OnceLock<Bytes>,
}

impl WebLayer {
    /// For the services with these full names.
    pub(crate) fn new(services: &[String], cors: &CorsConfig) -> Result<Self, &'static BadContract> {
        let routes = Routes::of(services)?;
        let web = Web { services: services.to_vec(), routes, cors: cors.layer(), openapi: OnceLock::new() };
        Ok(Self { web: Arc::new(web) })
    }
}

impl<S> Layer<S> for WebLayer {
    type Service = WebService<S>;

    fn layer(&self, inner: S) -> WebService<S> {
        WebService { inner, web: Arc::clone(&self.web) }
    }
}

/// A service that is called by gRPC, gRPC-Web and JSON.
#[derive(Debug, Clone)]
pub(crate) struct WebService<S> {
    inner: S,
    web: Arc<Web>,
}

/// A response on its way.
type Answer = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Grpc,
    GrpcWeb,
    Json,
}

impl Form {
    fn of(headers: &HeaderMap) -> Self {
        match headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes) {
            Some(kind) if kind.starts_with(b"application/grpc-web") => Self::GrpcWeb,
            Some(kind) if kind.starts_with(b"application/grpc") => Self::Grpc,
            _ => Self::Json,
        }
    }
}

impl<S> Service<Request<Body>> for WebService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answer> + Clone + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let form = Form::of(request.headers());
        if form == Form::Grpc {
            return self.inner.call(request);
        }
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let web = Arc::clone(&self.web);
        match (form, self.web.cors.clone()) {
            (Form::GrpcWeb, None) => Box::pin(GrpcWebLayer::new().layer(inner).oneshot(request)),
            (Form::GrpcWeb, Some(cors)) => Box::pin(cors.layer(GrpcWebLayer::new().layer(inner)).oneshot(request)),
            (_, None) => Box::pin(JsonService { inner, web }.oneshot(request)),
            // It answers what browsers ask before they call (OPTIONS), and lets pages read responses.
            (_, Some(cors)) => Box::pin(cors.layer(JsonService { inner, web }).oneshot(request)),
        }
    }
}

/// A service that is called by JSON.
#[derive(Debug, Clone)]
struct JsonService<S> {
    inner: S,
    web: Arc<Web>,
}

impl<S> Service<Request<Body>> for JsonService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answer> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        if path == OPENAPI_PATH {
            return Box::pin(std::future::ready(Ok(self.web.document(request.method()))));
        }
        let response = match self.web.routes.find(request.method(), path) {
            Found::Call(binding, variables) => {
                let variables = variables.into_iter().map(str::to_owned).collect();
                let call = self.inner.call(request::to_grpc(binding, variables, request));
                return Box::pin(call::answer(binding, call));
            }
            Found::Methods(methods) => method_unknown(&methods),
            Found::Nothing => {
                let message = format!("nothing is at {path}; {OPENAPI_PATH} lists what there is");
                response::error(&Fault::new(Code::NotFound, "PATH_UNKNOWN", message).into())
            }
        };
        Box::pin(std::future::ready(Ok(response)))
    }
}

impl Web {
    /// The OpenAPI document of the services in this process.
    fn document(&self, method: &Method) -> Response<Body> {
        if method != Method::GET {
            return method_unknown(&[Method::GET]);
        }
        if let Some(document) = self.openapi.get() {
            return response::json(document.clone());
        }
        match quittance_gateway::openapi(&self.services) {
            Ok(document) => response::json(self.openapi.get_or_init(|| document.to_string().into()).clone()),
            Err(error) => response::error(&crate::internal(error)),
        }
    }
}

/// The response at a path that has only other methods.
fn method_unknown(methods: &[Method]) -> Response<Body> {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let allow = names.join(", ");
    let fault = Fault::new(Code::Unimplemented, "HTTP_METHOD_UNKNOWN", format!("this path has only {allow}"));
    let mut response = response::error(&Status::from(fault));
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
