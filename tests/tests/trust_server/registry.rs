use privyseal::trust::login::Logins;
use privyseal::trust::reference::ImageReference;
use privyseal::trust::registry::{Descriptor, Registry, RegistryError};
use privyseal::trust::settings::{Environment, Overrides, Settings};
use privyseal_tests::certificates::Ca;
use privyseal_tests::images::{Image, Images};
use privyseal_tests::notary::{Registry as DockerRegistry, TokenServer};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use tokio::runtime::{Builder, Runtime};

struct Stage {
    registry: DockerRegistry,
    images: Images,
    ca: Ca,
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Stage {
    fn start() -> Option<Self> {
        if !Images::installed() || !require::program("docker-registry") {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        Some(Self {
            registry: DockerRegistry::start(&sandbox, &ca),
            images: Images::new(&sandbox),
            ca,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            sandbox,
        })
    }

    fn environment(&self) -> Environment {
        let home = self.sandbox.directory("home");
        let mut environment = Environment::below(&home, home.join("config.toml"));
        environment.registry_certificates = home.join("certs.d");
        environment
    }

    /// What the user finds of `NAME:TAG`.
    fn resolve(&self, name: &str) -> Result<Descriptor, RegistryError> {
        let image: ImageReference = name.parse().unwrap();
        let settings = Settings::read(self.environment(), Overrides::default()).unwrap();
        let settings = settings.registry_for(image.gun()).unwrap().unwrap();
        let registry = Registry::new(&settings, Logins::of(&self.environment()))?;
        self.runtime.block_on(async {
            match image.digest() {
                Some(digest) => registry.find(image.gun(), digest).await,
                None => {
                    registry
                        .resolve(image.gun(), &image.tag_or_latest().unwrap())
                        .await
                }
            }
        })
    }
}

fn assert_same(found: &Descriptor, image: &Image) {
    assert_eq!(found.digest.to_string(), image.digest);
    assert_eq!(
        (found.size, &found.media_type),
        (image.size, &image.media_type)
    );
}

#[test]
fn a_tag_is_what_skopeo_says_that_it_is() {
    let Some(stage) = Stage::start() else { return };
    let images = &stage.images;
    let all = [
        images.push(&stage.registry, "demo/web", "docker"),
        images.push_oci(&stage.registry, "demo/web", "oci"),
        images.push_index(&stage.registry, "demo/web", "index"),
    ];
    for image in &all {
        let name = stage.registry.local("demo/web");
        assert_same(
            &stage.resolve(&format!("{name}:{}", image.tag)).unwrap(),
            image,
        );
        assert_same(
            &stage.resolve(&format!("{name}@{}", image.digest)).unwrap(),
            image,
        );
    }
    let local = |name: &str| stage.registry.local(name);
    let error = stage.resolve(&local("demo/web:nothing")).unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    let digest = format!("demo/web@sha256:{}", "ab".repeat(32));
    let error = stage.resolve(&local(&digest)).unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    let error = stage.resolve(&local("demo/nothing:v1")).unwrap_err();
    assert!(
        matches!(
            error,
            RegistryError::NotFound { .. } | RegistryError::NoRepository { .. }
        ),
        "{error}"
    );
    assert!(!error.remedy().is_empty());
    let error = stage.resolve("localhost:1/demo/web:v1").unwrap_err();
    assert!(matches!(error, RegistryError::Transport(_)), "{error}");
}

#[test]
fn a_registry_that_asks_who_we_are_gets_docker_s_login() {
    let Some(stage) = Stage::start() else { return };
    let image = stage.images.push(&stage.registry, "demo/web", "v1");
    let token = TokenServer::start(&stage.ca);
    let guarded = DockerRegistry::guarded(&stage.sandbox, &stage.ca, &token);
    let name = guarded.local("demo/web:v1");
    // Its certificate is verified, though it is on this machine; nor is plain HTTP tried instead.
    let error = stage.resolve(&name).unwrap_err();
    assert!(matches!(error, RegistryError::Transport(_)), "{error}");
    let directory = format!("home/certs.d/{}/ca.crt", guarded.host());
    stage
        .sandbox
        .write(directory, std::fs::read(stage.ca.path()).unwrap());
    let error = stage.resolve(&name).unwrap_err();
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error}"
    );
    let login = TokenServer::login(TokenServer::READER);
    let config = format!(
        r#"{{"auths": {{"{}": {{"auth": "{login}"}}}}}}"#,
        guarded.host()
    );
    stage.sandbox.write("home/.docker/config.json", config);
    drop(token.asked());
    assert_same(&stage.resolve(&name).unwrap(), &image);
    let asked = token.asked();
    assert_eq!(
        asked.last().unwrap().user.as_deref(),
        Some("bob"),
        "{asked:?}"
    );
    assert_eq!(asked.last().unwrap().scope, "repository:demo/web:pull");
}
