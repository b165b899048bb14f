//! Bank files.

use std::hash::Hash;

use quittance_kernel::ImportId;
use quittance_proto::payments::v1::{self as pb, bank_import_service_server::BankImportService};
use quittance_runtime::blocking;
use quittance_service::{Call, Operation, parse, query};
use tonic::{Request, Response, Status};

use crate::{App, Error, app::TenantSettings, db, ops, wire};

impl App {
    /// Imports a parsed file, and settles its payments as far as invoicing responds now.
    async fn import<C>(&self, call: Call<C>) -> Result<Response<pb::BankImport>, Status>
    where
        C: Operation<Settings = TenantSettings, Output = ops::Imported> + Hash,
    {
        let tenant = call.tenant;
        let outcome = self.execute(call, ops::ImportResponse::of).await?;
        Ok(Response::new(wire::bank_import(&ops::settle_imported(self, tenant, outcome).await?)))
    }
}

#[tonic::async_trait]
impl BankImportService for App {
    async fn import_bank_lines(
        &self,
        request: Request<pb::ImportBankLinesRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let call = parse::<ops::BankLinesFile, _>(request)?;
        self.import(blocking(|| call.try_map(ops::ImportBankLines::read)).await?).await
    }

    async fn import_bank_file(
        &self,
        request: Request<pb::ImportBankFileRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let call = parse::<ops::BankFile, _>(request)?;
        self.import(blocking(|| call.try_map(ops::ImportBankFile::read)).await?).await
    }

    async fn get_bank_import(
        &self,
        request: Request<pb::GetBankImportRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let (tenant, id) = query(request)?.id("import_id", |r| &r.import_id, ImportId::parse)?;
        let import = self.read(tenant, async |tx| db::import::find(tx, id).await).await?;
        Ok(Response::new(wire::bank_import(&import.ok_or(Error::ImportNotFound(id))?)))
    }

    async fn list_bank_imports(
        &self,
        request: Request<pb::ListBankImportsRequest>,
    ) -> Result<Response<pb::ListBankImportsResponse>, Status> {
        Ok(Response::new(self.page_of_imports(query(request)?).await?))
    }
}
