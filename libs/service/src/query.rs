//! An incoming call that reads: its tenant, its message, and what is wrong with it.

use quittance_db::Window;
use quittance_grpc::{OrderBy, Page, Violations, id, order_by};
use quittance_kernel::{BadId, TenantId};
use quittance_proto::{Listing, RequestMessage};
use tonic::{Request, Status};

use crate::call::tenant;

/// A call that reads.
#[derive(Debug)]
pub struct Query<R> {
    /// The tenant of the call.
    pub tenant: TenantId,
    /// The request.
    pub request: R,
    /// What is wrong with it so far: enums with unknown numbers. The reader of its fields adds the rest.
    pub bad: Violations,
}

/// The query in a request.
pub fn query<R: RequestMessage>(request: Request<R>) -> Result<Query<R>, Status> {
    let tenant = tenant(&request)?;
    let request = request.into_inner();
    let mut bad = Violations::default();
    bad.check_enums(&request);
    Ok(Query { tenant, request, bad })
}

impl<R: RequestMessage> Query<R> {
    /// The tenant, and the id that is all that the request has.
    pub fn id<T>(
        mut self,
        field: &'static str,
        value: impl FnOnce(&R) -> &str,
        parse: fn(&str) -> Result<T, BadId>,
    ) -> Result<(TenantId, T), Violations> {
        let id = self.bad.check(field, id(value(&self.request), parse));
        self.bad.into_result(id.map(|id| (self.tenant, id)))
    }
}

impl<R: Listing> Query<R> {
    /// The tenant, and the page of a list without filters.
    pub fn unfiltered(mut self) -> Result<(TenantId, Page), Violations> {
        let page = self.page();
        self.bad.into_result(page.map(|page| (self.tenant, page)))
    }

    /// The page of a list in one of the known orders, and what of the list it is; `order` is `order_by` of the request.
    pub fn ordered_page(&mut self, order: impl Fn(&R) -> &str, known: &OrderBy) -> Option<(Page, Window)> {
        self.changes_page(|request| (order(request), false), known)
    }

    /// As [`Query::ordered_page`], for a list of what changes: `order` also says whether changes are filtered by time. They are then listed as they
    /// happened, unless another order is asked for.
    pub fn changes_page(&mut self, order: impl Fn(&R) -> (&str, bool), known: &OrderBy) -> Option<(Page, Window)> {
        let page = self.page();
        let order = match order(&self.request) {
            ("", true) => order_by("update_time", known),
            (order, _) => order_by(order, known),
        };
        let (page, order) = page.zip(self.bad.check("order_by", order))?;
        let after = self.bad.within("", page.after_place(order.column))?;
        let limit = page.limit();
        Some((page, Window { order, after, limit }))
    }

    /// The requested page; `None` where size or token are wrong.
    pub fn page(&mut self) -> Option<Page> {
        let page = Page::take(&mut self.request);
        self.bad.within("", page)
    }
}
