//! Tenants, series, customers, terms.

use quittance_grpc::ids;
use quittance_kernel::{CustomerId, SeriesId, TermsId};
use quittance_proto::invoicing::v1::{
    self as pb, customer_service_server::CustomerService, tenant_service_server::TenantService,
};
use quittance_service::{CommonError, Query, entries, parse, parse_batch, query, response_fits};
use tonic::{Request, Response, Status};

use super::views::{CUSTOMER, whole_customers};
use crate::{App, Error, db, ops, wire};

fn batch_response(results: Vec<Result<pb::Customer, tonic_types::pb::Status>>) -> Response<pb::BatchCustomersResponse> {
    let results = results.into_iter().map(|result| {
        let result = match result {
            Ok(customer) => pb::customer_result::Result::Customer(customer),
            Err(error) => pb::customer_result::Result::Error(error),
        };
        pb::CustomerResult { result: Some(result) }
    });
    Response::new(pb::BatchCustomersResponse { results: results.collect() })
}

/// The code where the page before ended.
fn code(key: &[String]) -> Option<String> {
    let [code] = key else { return None };
    Some(code.clone())
}

#[tonic::async_trait]
impl TenantService for App {
    async fn create_tenant(&self, request: Request<pb::CreateTenantRequest>) -> Result<Response<pb::Tenant>, Status> {
        self.run(parse::<ops::CreateTenant, _>(request)?, wire::tenant).await
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Result<Response<pb::Tenant>, Status> {
        let tenant = query(request)?.tenant;
        let found = self.read(tenant, async |tx| db::tenant::find(tx).await).await?;
        Ok(Response::new(wire::tenant(&found.ok_or(Error::from(CommonError::TenantNotFound(tenant)))?)))
    }

    async fn update_tenant(&self, request: Request<pb::UpdateTenantRequest>) -> Result<Response<pb::Tenant>, Status> {
        self.run(parse::<ops::UpdateTenant, _>(request)?, wire::tenant).await
    }

    async fn create_series(&self, request: Request<pb::CreateSeriesRequest>) -> Result<Response<pb::Series>, Status> {
        self.run(parse::<ops::CreateSeries, _>(request)?, wire::series).await
    }

    async fn update_series(&self, request: Request<pb::UpdateSeriesRequest>) -> Result<Response<pb::Series>, Status> {
        self.run(parse::<ops::UpdateSeries, _>(request)?, wire::series).await
    }

    async fn delete_series(&self, request: Request<pb::DeleteSeriesRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeleteSeries, _>(request)?, |()| ()).await
    }

    async fn get_series(&self, request: Request<pb::GetSeriesRequest>) -> Result<Response<pb::Series>, Status> {
        let (tenant, id) = query(request)?.id("series_id", |r| &r.series_id, SeriesId::parse)?;
        let found = self.read(tenant, async |tx| db::series::find_all(tx, &[id]).await).await?;
        Ok(Response::new(wire::series(found.first().ok_or(Error::SeriesNotFound(id))?)))
    }

    async fn list_series(
        &self,
        request: Request<pb::ListSeriesRequest>,
    ) -> Result<Response<pb::ListSeriesResponse>, Status> {
        let (tenant, page) = query(request)?.unfiltered()?;
        let after = page.after_key(code)?;
        let series =
            self.read_list(tenant, async |tx| db::series::page(tx, after.as_deref(), page.limit()).await).await?;
        let (series, next_page_token) =
            page.cut(series.iter().map(wire::series).collect(), |series| vec![series.code.clone()]);
        Ok(Response::new(pb::ListSeriesResponse { series, next_page_token }))
    }
}

#[tonic::async_trait]
impl CustomerService for App {
    async fn create_customer(
        &self,
        request: Request<pb::CreateCustomerRequest>,
    ) -> Result<Response<pb::Customer>, Status> {
        self.run_whole(parse::<ops::CreateCustomer, _>(request)?, &CUSTOMER, whole_customers).await
    }

    async fn batch_create_customers(
        &self,
        request: Request<pb::BatchCreateCustomersRequest>,
    ) -> Result<Response<pb::BatchCustomersResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::CreateCustomer, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch_viewed(calls, view, &CUSTOMER, whole_customers).await?))
    }

    async fn get_customer(&self, request: Request<pb::GetCustomerRequest>) -> Result<Response<pb::Customer>, Status> {
        let (tenant, id) = query(request)?.id("customer_id", |r| &r.customer_id, CustomerId::parse)?;
        let customer = self.read(tenant, async |tx| db::customer::find(tx, id).await).await?;
        Ok(Response::new(wire::customer(&customer.ok_or(Error::CustomerNotFound(id))?)))
    }

    async fn batch_get_customers(
        &self,
        request: Request<pb::BatchGetCustomersRequest>,
    ) -> Result<Response<pb::BatchCustomersResponse>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let ids = ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let ids = bad.into_result(ids)?;
        let found = self.read(tenant, async |tx| db::customer::find_all(tx, &ids).await).await?;
        let get = |id: &CustomerId| {
            let customer = found.get(id).ok_or(Error::CustomerNotFound(*id))?;
            Ok::<_, Error>(CUSTOMER.show(request.view(), wire::customer(customer)))
        };
        let customers: Vec<_> = ids.iter().map(get).collect();
        response_fits(customers.iter().flatten())?;
        Ok(batch_response(entries(customers)))
    }

    async fn update_customer(
        &self,
        request: Request<pb::UpdateCustomerRequest>,
    ) -> Result<Response<pb::Customer>, Status> {
        self.run(parse::<ops::UpdateCustomer, _>(request)?, wire::customer).await
    }

    async fn list_customers(
        &self,
        request: Request<pb::ListCustomersRequest>,
    ) -> Result<Response<pb::ListCustomersResponse>, Status> {
        Ok(Response::new(self.page_of_customers(query(request)?).await?))
    }

    async fn create_terms(&self, request: Request<pb::CreateTermsRequest>) -> Result<Response<pb::Terms>, Status> {
        self.run(parse::<ops::CreateTerms, _>(request)?, wire::terms).await
    }

    async fn update_terms(&self, request: Request<pb::UpdateTermsRequest>) -> Result<Response<pb::Terms>, Status> {
        self.run(parse::<ops::UpdateTerms, _>(request)?, wire::terms).await
    }

    async fn delete_terms(&self, request: Request<pb::DeleteTermsRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeleteTerms, _>(request)?, |()| ()).await
    }

    async fn get_terms(&self, request: Request<pb::GetTermsRequest>) -> Result<Response<pb::Terms>, Status> {
        let (tenant, id) = query(request)?.id("terms_id", |r| &r.terms_id, TermsId::parse)?;
        let found = self.read(tenant, async |tx| db::terms::find(tx, id).await).await?;
        Ok(Response::new(wire::terms(&found.ok_or(Error::TermsNotFound(id))?)))
    }

    async fn list_terms(
        &self,
        request: Request<pb::ListTermsRequest>,
    ) -> Result<Response<pb::ListTermsResponse>, Status> {
        let (tenant, page) = query(request)?.unfiltered()?;
        let after = page.after_key(code)?;
        let terms =
            self.read_list(tenant, async |tx| db::terms::page(tx, after.as_deref(), page.limit()).await).await?;
        let (terms, next_page_token) =
            page.cut(terms.iter().map(wire::terms).collect(), |terms| vec![terms.code.clone()]);
        Ok(Response::new(pb::ListTermsResponse { terms, next_page_token }))
    }
}
