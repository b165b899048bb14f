//! The release programs, which are what people run: optimised code may be wrong where a debug build is right. They start, work, and end when they are told to,
//! again and again.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use chrono::Duration as Lifetime;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use quittance_e2e::{Area, Cluster, Load, Options, Programs, check, request_id};
use quittance_grpc::{Client, Tokens, connect};
use quittance_kernel::{Clock, TenantId};
use quittance_proto::{
    common::v1::Money,
    creditrisk::v1::{
        AuthorizeOrderRequest, CreateProfileRequest, CreditProfile, GetProfileRequest,
        credit_service_client::CreditServiceClient, reservation_service_client::ReservationServiceClient,
    },
    invoicing::v1::{
        CreateCustomerRequest, CreateTenantRequest, Customer, Enquiries, ListCustomersRequest, Tenant,
        customer_service_client::CustomerServiceClient, tenant_service_client::TenantServiceClient,
    },
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};
use tonic::{Code, Request, Status, transport::Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_client::HealthClient,
};

/// How long a program may take to end.
const END: Duration = Duration::from_secs(5);
/// How long anything else may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Starts of the suite: at a time, and one after the other in the same folder.
const AT_A_TIME: usize = 4;
const IN_A_FOLDER: usize = 5;

/// A folder that is removed with its data.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("quittance-release-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // As root the server's data lies outside the folder.
        if let Ok(data) = quittance_private_postgres::data_folder(&self.0) {
            let _gone = std::fs::remove_dir_all(data);
        }
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// A program without settings of the tests, which ends with its handle.
fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"QUITTANCE_")) {
        command.env_remove(name);
    }
    command.kill_on_drop(true).stdin(Stdio::null());
    command
}

/// `quittance up` in a folder.
struct Up {
    child: Child,
    address: String,
    folder: PathBuf,
}

impl Up {
    async fn start(programs: &Programs, folder: &Path) -> Self {
        let mut command = program(&programs.suite());
        command.args(["up", "--listen", "127.0.0.1:0", "--log", "warn", "--data"]).arg(folder);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it says where it listens in time");
        let first = first.unwrap().expect("it says where it listens");
        let address = first.strip_prefix("Quittance listens on ").expect("it says where it listens").to_owned();
        // What else it prints is read, so that it never waits for us.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, address, folder: folder.to_owned() }
    }

    fn client(&self, tenant: TenantId) -> Client {
        let tokens = Tokens::new(std::fs::read(self.folder.join("development-key")).unwrap());
        let token = tokens.sign("release", &["*"], "*", Clock::system().now(), Lifetime::hours(1)).unwrap();
        connect(&[&self.address], &token, Some(tenant), Duration::from_secs(10)).unwrap()
    }
}

/// Calls again until a read model knows what it is asked about.
async fn until_known<T, F>(what: &str, call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let started = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return answer.into_inner(),
            Err(status) if status.code() == Code::NotFound && started.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(status) => panic!("{what}: {status:?}"),
        }
    }
}

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

/// Creates the tenant of the client.
async fn create_tenant(invoicing: &Client) {
    let tenant = Tenant {
        name: "Northwind".to_owned(),
        base_currency_code: "EUR".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        enquiries: Some(Enquiries {
            name: "Accounts".to_owned(),
            email: "ar@example.com".to_owned(),
            phone: String::new(),
        }),
        late_payment_consequences: "Interest.".to_owned(),
        terms_and_conditions: "Ours.".to_owned(),
        ..Tenant::default()
    };
    let request = CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    TenantServiceClient::new(invoicing.clone()).create_tenant(request).await.unwrap();
}

/// Creates a tenant, sets credit aside for a second, and sees it given back: calls, events and reconcilers work.
async fn works(invoicing: &Client, credit_risk: &Client) {
    create_tenant(invoicing).await;
    let customer = Customer { name: "Ada Ltd".to_owned(), ..Customer::default() };
    let request = CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let customer = CustomerServiceClient::new(invoicing.clone()).create_customer(request).await.unwrap().into_inner();
    let profile =
        CreditProfile { customer_id: customer.customer_id.clone(), limit: eur("100.00"), ..CreditProfile::default() };
    let request = CreateProfileRequest { request_id: request_id(), profile: Some(profile) };
    until_known("CreateProfile", || {
        let (mut credit, request) = (CreditServiceClient::new(credit_risk.clone()), request.clone());
        async move { credit.create_profile(request).await }
    })
    .await;
    let order = AuthorizeOrderRequest {
        request_id: request_id(),
        customer_id: customer.customer_id.clone(),
        amount: eur("60.00"),
        order_reference: "O-1".to_owned(),
        time_to_live: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
    };
    ReservationServiceClient::new(credit_risk.clone()).authorize_order(order).await.unwrap();
    let started = Instant::now();
    loop {
        let request = GetProfileRequest { customer_id: customer.customer_id.clone(), currency_code: "EUR".to_owned() };
        let profile = CreditServiceClient::new(credit_risk.clone()).get_profile(request).await.unwrap().into_inner();
        if profile.reserved == eur("0.00") {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the reservation never expires: {profile:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Watches health until the stream ends; every state it was told.
async fn watch(address: String) -> JoinHandle<Vec<ServingStatus>> {
    let channel = Endpoint::from_shared(address).unwrap().connect().await.unwrap();
    let request = Request::new(HealthCheckRequest { service: String::new() });
    let mut states = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    let first = states.message().await.unwrap().unwrap().status();
    tokio::spawn(async move {
        let mut told = vec![first];
        while let Ok(Some(HealthCheckResponse { status })) = states.message().await {
            told.push(ServingStatus::try_from(status).unwrap());
        }
        told
    })
}

/// Calls again and again until the server is gone; a call may only ever be answered or be told that the server is away. Returns when the
/// first was answered.
async fn keep_calling(client: Client) -> JoinHandle<()> {
    let (answered, first) = tokio::sync::oneshot::channel();
    let mut answered = Some(answered);
    let calling = tokio::spawn(async move {
        loop {
            let mut request = Request::new(ListCustomersRequest::default());
            request.set_timeout(Duration::from_secs(3));
            match CustomerServiceClient::new(client.clone()).list_customers(request).await {
                Ok(_) => drop(answered.take().map(|answered| answered.send(()))),
                Err(status) if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) => return,
                Err(status) => panic!("a call during the end: {status:?}"),
            }
        }
    });
    first.await.expect("a call is answered");
    calling
}

/// No thread waits for a lock that lies in the main thread's stack: it would be one of a function that has returned.
fn no_thread_waits_in_the_stack(process: u32) {
    const FUTEX: &str = "202";
    if cfg!(not(target_arch = "x86_64")) {
        return;
    }
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let line = maps.lines().find(|line| line.ends_with("[stack]")).expect("a main thread has a stack");
    let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
    let stack = u64::from_str_radix(start, 16).unwrap()..u64::from_str_radix(end, 16).unwrap();
    for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        // A thread that has ended meanwhile waits for nothing.
        let Ok(call) = std::fs::read_to_string(task.unwrap().path().join("syscall")) else { continue };
        let mut words = call.split_ascii_whitespace();
        if words.next() == Some(FUTEX) {
            let address = u64::from_str_radix(words.next().unwrap().trim_start_matches("0x"), 16).unwrap();
            assert!(!stack.contains(&address), "a thread waits in the stack of the main thread: {call}");
        }
    }
}

/// Tells a process to end, and sees it end in time and in order.
async fn ends(name: &str, child: &mut Child) {
    kill(Pid::from_raw(child.id().unwrap().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let ended = tokio::time::timeout(END, child.wait()).await;
    let status = ended.unwrap_or_else(|_| panic!("{name} did not end within {END:?} of SIGTERM")).unwrap();
    assert!(status.success(), "{name} ended with {status}");
}

/// What somebody who watches was told: that it serves, and in the end that it does not.
async fn told_the_end(watching: JoinHandle<Vec<ServingStatus>>) {
    let told = watching.await.unwrap();
    assert_eq!(told.last(), Some(&ServingStatus::NotServing), "{told:?}");
}

async fn start_work_and_end(programs: &Programs, folder: &Path) {
    let mut up = Up::start(programs, folder).await;
    let client = up.client(TenantId::at(Clock::system().now()));
    works(&client, &client).await;
    let (watching, calling) = (watch(up.address.clone()).await, keep_calling(client).await);
    no_thread_waits_in_the_stack(up.child.id().unwrap());
    ends("quittance up", &mut up.child).await;
    told_the_end(watching).await;
    calling.await.unwrap();
}

async fn succeeds(what: &str, command: &mut Command) {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{what} does not end")).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} ended with {}: {said}", output.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_programs_start_work_and_end() {
    let _turn = super::TURN.lock().await;
    let programs = tokio::task::spawn_blocking(Programs::release).await.unwrap().unwrap();
    let mut scan = Command::new(quittance_e2e::workspace().join("scripts/scan-probes"));
    succeeds("scan-probes", scan.args(programs.all())).await;

    let started = Instant::now();
    let suites = (0..AT_A_TIME).map(|_| {
        let programs = programs.clone();
        tokio::spawn(async move {
            let folder = Folder::new();
            for _ in 0..IN_A_FOLDER {
                start_work_and_end(&programs, &folder.0).await;
            }
        })
    });
    for suite in suites.collect::<Vec<_>>() {
        suite.await.unwrap();
    }
    println!("{} starts of the suite took {:?}", AT_A_TIME * IN_A_FOLDER, started.elapsed());

    let mut demo = program(&programs.suite());
    succeeds("demo", demo.args(["demo", "--customers", "10"]).stdout(Stdio::null())).await;
    let folder = Folder::new();
    let (book, map) = (folder.0.join("book.csv"), folder.0.join("map.toml"));
    let rows = "customer,invoice,issued,due,paid,amount\nAda,1,2026-01-05,2026-02-04,2026-02-01,100.00\nBob,2,2026-01-06,2026-02-05,,50.00\n";
    std::fs::write(&book, rows).unwrap();
    let columns = ["customer", "invoice", "issued", "due", "paid", "amount"];
    let columns = columns.map(|name| format!("{name} = {name:?}\n")).concat();
    std::fs::write(&map, format!("{columns}date_format = \"%Y-%m-%d\"\ncurrency = {{ constant = \"EUR\" }}\n"))
        .unwrap();
    let mut replay = program(&programs.suite());
    replay.arg("replay").arg(&book).arg("--map").arg(&map).args(["--report-on", "2026-02-10", "--out"]);
    succeeds("replay", replay.arg(folder.0.join("out"))).await;
}

/// Every process of every service is restarted, one after the other, under load: no call fails, and the books agree.
async fn rolling_restarts_fail_no_call(cluster: &mut Cluster) {
    let load = Load::open(cluster).await.unwrap();
    let running = load.run(1, usize::MAX);
    for area in Area::ALL {
        for which in 0..2 {
            cluster.restart(area, which).await.unwrap();
        }
    }
    running.end().await.unwrap();
    assert_eq!(load.failures(), Vec::<String>::new(), "{}", cluster.logs());
    let calls = load.model().calls;
    assert!(calls > 30, "{calls} calls under the restarts");
    println!("{calls} calls while ten processes were restarted");
    check(cluster, &load).await.unwrap();
}

/// A service whose database is gone says that it does not serve, and serves again when it is back.
async fn health_follows_the_database(cluster: &mut Cluster) {
    let address = format!("http://127.0.0.1:{}", cluster.replicas[&Area::Invoicing][0].port);
    let channel = Endpoint::from_shared(address).unwrap().connect().await.unwrap();
    let request = Request::new(HealthCheckRequest { service: String::new() });
    let mut states = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    assert_eq!(states.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    cluster.postgres.crash().await.unwrap();
    let told = tokio::time::timeout(PATIENCE, states.message()).await.expect("it is told in time");
    assert_eq!(told.unwrap().unwrap().status(), ServingStatus::NotServing);
    cluster.postgres.recover().await.unwrap();
    let told = tokio::time::timeout(PATIENCE, states.message()).await.expect("it is told in time");
    assert_eq!(told.unwrap().unwrap().status(), ServingStatus::Serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_services_start_work_and_end() {
    let _turn = super::TURN.lock().await;
    let programs = tokio::task::spawn_blocking(Programs::release).await.unwrap().unwrap();
    let options = Options { programs: Some(programs), ..Options::default() };
    let mut cluster = Cluster::start(&options).await.unwrap();
    let token = cluster.token().unwrap();
    let tenant = TenantId::at(Clock::system().now());
    let client = |area: Area| {
        let address = format!("http://127.0.0.1:{}", cluster.replicas[&area][0].port);
        connect(&[address], &token, Some(tenant), Duration::from_secs(10)).unwrap()
    };
    let (invoicing, credit_risk) = (client(Area::Invoicing), client(Area::CreditRisk));
    works(&invoicing, &credit_risk).await;
    rolling_restarts_fail_no_call(&mut cluster).await;
    health_follows_the_database(&mut cluster).await;
    let mut watching = Vec::new();
    for replica in cluster.replicas.values().flatten() {
        watching.push(watch(format!("http://127.0.0.1:{}", replica.port)).await);
        no_thread_waits_in_the_stack(replica.process_id().unwrap());
    }
    let calling = keep_calling(invoicing).await;
    cluster.end_all(END).unwrap();
    for one in watching {
        told_the_end(one).await;
    }
    calling.await.unwrap();
}
