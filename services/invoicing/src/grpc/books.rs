//! Tenants, series, customers, terms.

use quittance_grpc::{Page, page_size};
use quittance_kernel::CustomerId;
use quittance_proto::invoicing::v1::{
    self as pb, customer_service_server::CustomerService, tenant_service_server::TenantService,
};
use quittance_service::{parse, parse_batch, tenant};
use tonic::{Request, Response, Status};

use crate::{App, Error, db, ops, wire};

#[tonic::async_trait]
impl TenantService for App {
    async fn create_tenant(&self, request: Request<pb::CreateTenantRequest>) -> Result<Response<pb::Tenant>, Status> {
        self.run(parse::<ops::CreateTenant, _>(request)?, wire::tenant).await
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Result<Response<pb::Tenant>, Status> {
        let settings = self.settings_of(tenant(&request)?).await?;
        Ok(Response::new(wire::tenant(&settings.tenant)))
    }

    async fn create_series(&self, request: Request<pb::CreateSeriesRequest>) -> Result<Response<pb::Series>, Status> {
        self.run(parse::<ops::CreateSeries, _>(request)?, wire::series).await
    }

    async fn list_series(
        &self,
        request: Request<pb::ListSeriesRequest>,
    ) -> Result<Response<pb::ListSeriesResponse>, Status> {
        let mut series = self.read(tenant(&request)?, async |tx| db::series::list(tx).await).await?;
        series.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(Response::new(pb::ListSeriesResponse { series: series.iter().map(wire::series).collect() }))
    }
}

#[tonic::async_trait]
impl CustomerService for App {
    async fn create_customer(
        &self,
        request: Request<pb::CreateCustomerRequest>,
    ) -> Result<Response<pb::Customer>, Status> {
        self.run_coalesced(parse::<ops::CreateCustomer, _>(request)?, wire::customer).await
    }

    async fn batch_create_customers(
        &self,
        request: Request<pb::BatchCreateCustomersRequest>,
    ) -> Result<Response<pb::BatchCreateCustomersResponse>, Status> {
        let calls = parse_batch::<ops::CreateCustomer, _, _>(request, |batch| batch.requests)?;
        let results = self.run_batch(calls, wire::customer).await?;
        let results = results.into_iter().map(|result| {
            let result = match result {
                Ok(customer) => pb::customer_result::Result::Customer(customer),
                Err(error) => pb::customer_result::Result::Error(error),
            };
            pb::CustomerResult { result: Some(result) }
        });
        Ok(Response::new(pb::BatchCreateCustomersResponse { results: results.collect() }))
    }

    async fn get_customer(&self, request: Request<pb::GetCustomerRequest>) -> Result<Response<pb::Customer>, Status> {
        let tenant = tenant(&request)?;
        let id = super::named("customer_id", &request.get_ref().customer_id, CustomerId::parse)?;
        let customer = self.read(tenant, async |tx| db::customer::find(tx, id).await).await?;
        Ok(Response::new(wire::customer(&customer.ok_or(Error::CustomerNotFound(id))?)))
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
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let page = Page::read(
            page_size(request.page_size),
            &request.page_token,
            &["customers", &request.number, &request.name_contains],
        )?;
        let filter = db::customer::Filter {
            number: given(&request.number),
            name_contains: given(&request.name_contains),
            after: super::after(&page, CustomerId::parse)?,
            limit: page.limit(),
        };
        let customers = self.read_list(tenant, async |tx| db::customer::list(tx, &filter).await).await?;
        let (customers, next_page_token) = page.cut(customers, |c| vec![c.id.to_string()]);
        Ok(Response::new(pb::ListCustomersResponse {
            customers: customers.iter().map(wire::customer).collect(),
            next_page_token,
        }))
    }

    async fn create_terms(&self, request: Request<pb::CreateTermsRequest>) -> Result<Response<pb::Terms>, Status> {
        self.run(parse::<ops::CreateTerms, _>(request)?, wire::terms).await
    }

    async fn list_terms(
        &self,
        request: Request<pb::ListTermsRequest>,
    ) -> Result<Response<pb::ListTermsResponse>, Status> {
        let terms = self.read(tenant(&request)?, async |tx| db::customer::list_terms(tx).await).await?;
        Ok(Response::new(pb::ListTermsResponse { terms: terms.iter().map(wire::terms).collect() }))
    }
}
