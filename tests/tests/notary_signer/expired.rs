//! Many read a timestamp that has expired: notary-server has it signed anew for each of them.

use std::thread;

use privyseal_tests::notary::{Https, NotaryStack, NotaryStage};

const REPOSITORY: &str = "reg.example.test/team/app";

const READERS: usize = 8;

/// notary-server looks at the date alone, and not at the signature, of what it stored.
const EXPIRE: &str = "update tuf_files set data = convert_to(regexp_replace(\
     convert_from(data, 'UTF8'), '\"expires\":\"[0-9]{4}', '\"expires\":\"2020'), 'UTF8') \
     where role = 'timestamp'";

#[test]
fn readers_of_an_expired_timestamp_get_one_that_holds() {
    let Some(stage) = NotaryStage::start("") else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", "--publish", REPOSITORY]);
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    for _ in 0..10 {
        let before = stage.stack.published(REPOSITORY).version("timestamp");
        stage.stack.database.sql(EXPIRE);
        read_at_once(&stage.stack);
        stage.stack.notary().ok(&["list", REPOSITORY]);
        let published = stage.stack.published(REPOSITORY);
        assert_eq!(published.version("timestamp"), before + 1);
        let keys = published.keyids("timestamp");
        assert_eq!(published.verified_by("timestamp"), keys);
    }
}

/// Who is first is answered, and whoever asks again.
fn read_at_once(stack: &NotaryStack) {
    let url = stack.server.file_url(REPOSITORY, "timestamp.json");
    let read = || {
        let https = Https::trusting(stack.server.ca());
        https.try_get(&url).unwrap().status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read)).collect();
        let readers = readers.into_iter();
        readers.map(|reader| reader.join().unwrap()).collect()
    });
    assert!(statuses.contains(&200), "{statuses:?}");
}
