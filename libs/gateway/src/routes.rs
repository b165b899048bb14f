//! The bindings of the services in a process, found by method and path.

use http::Method;

use crate::{BadContract, Binding, contract, template::RequestPath};

/// The bindings of the services in a process.
#[derive(Debug, Clone)]
pub struct Routes {
    bindings: Vec<&'static Binding>,
}

/// What is at a path.
#[derive(Debug)]
pub enum Found<'a> {
    /// A method of the contract, with the values of the path's variables as they were sent.
    Call(&'static Binding, Vec<&'a str>),
    /// Nothing for this HTTP method, but for these.
    Methods(Vec<Method>),
    /// Nothing.
    Nothing,
}

impl Routes {
    /// The bindings of services, by their full names.
    pub fn of<S: AsRef<str>>(services: &[S]) -> Result<Self, &'static BadContract> {
        let is_here = |binding: &&Binding| {
            services.iter().any(|name| name.as_ref() == binding.rpc().parent_service().full_name())
        };
        Ok(Self { bindings: contract()?.bindings().iter().filter(is_here).collect() })
    }

    /// All bindings.
    pub fn bindings(&self) -> impl Iterator<Item = &'static Binding> + '_ {
        self.bindings.iter().copied()
    }

    /// What is at a path. No two bindings have the same method and overlapping paths; a test holds it.
    pub fn find<'a>(&self, method: &Method, path: &'a str) -> Found<'a> {
        let Some(path) = RequestPath::parse(path) else { return Found::Nothing };
        let mut others = Vec::new();
        for binding in &self.bindings {
            let Some(values) = binding.template().matches(&path) else { continue };
            if binding.method() == method {
                return Found::Call(binding, values);
            }
            others.push(binding.method().clone());
        }
        if others.is_empty() { Found::Nothing } else { Found::Methods(others) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_with_its_method_and_only_of_services_that_are_here() {
        let routes = Routes::of(&["quittance.invoicing.v1.InvoiceService"]).unwrap();
        let Found::Call(binding, values) = routes.find(&Method::POST, "/invoicing/v1/invoices/7:issue") else {
            panic!("it is not found")
        };
        assert_eq!((binding.rpc().name(), values), ("IssueInvoice", vec!["7"]));
        let Found::Methods(mut methods) = routes.find(&Method::PUT, "/invoicing/v1/invoices/7") else {
            panic!("it is found, or not at all")
        };
        methods.sort_by_key(ToString::to_string);
        assert_eq!(methods, [Method::DELETE, Method::GET, Method::PATCH]);
        assert!(matches!(routes.find(&Method::GET, "/invoicing/v1/customers"), Found::Nothing), "of another service");
        assert!(matches!(routes.find(&Method::GET, "/"), Found::Nothing));
    }
}
