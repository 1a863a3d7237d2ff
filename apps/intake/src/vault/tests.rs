use super::*;

fn key(byte: u8) -> Secret {
    Secret::new(vec![byte; 32])
}

#[test]
fn keys_are_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let vault = Vault::open(&path).unwrap();
    vault.put("issuer", key(7)).unwrap();
    let made = vault.get_or_make("epoch/0001/3", Secret::random).unwrap();
    drop(vault);
    let vault = Vault::open(&path).unwrap();
    assert_eq!(vault.get("issuer"), Some(key(7)));
    assert_eq!(vault.get("epoch/0001/3"), Some(made));
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_destroyed_key_is_in_no_file_and_the_old_bytes_are_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let vault = Vault::open(&path).unwrap();
    vault.put("partition/0001/2/3", key(0xa5)).unwrap();
    // A second name for the old file, to see what became of its bytes.
    let witness = folder.path().join("witness");
    std::fs::hard_link(&path, &witness).unwrap();
    assert_eq!(
        vault
            .destroy(|name| name.starts_with("partition/"))
            .unwrap(),
        1
    );
    for file in [&path, &witness] {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(8).any(|it| it == [0xa5; 8]), "{file:?}");
    }
    assert!(
        std::fs::read(&witness)
            .unwrap()
            .iter()
            .all(|byte| *byte == 0)
    );
}

#[test]
fn what_cannot_be_put_in_place_changes_nothing_and_leaves_nothing_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let vault = Vault::open(&path).unwrap();
    vault.put("epoch/0001/2", key(0xa5)).unwrap();
    std::fs::remove_file(&path).unwrap();
    // In its place stands what no file can replace.
    std::fs::create_dir(&path).unwrap();
    vault.destroy(|_| true).unwrap_err();
    vault.put("issuer", key(1)).unwrap_err();
    assert!(put(&path, &Keys::new()).is_err());
    assert_eq!(vault.names(), ["epoch/0001/2"]);
    assert!(!beside(&path).exists());
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(vault.destroy(|_| true).unwrap(), 1);
    assert!(Vault::open(&path).unwrap().names().is_empty());
}

#[test]
fn old_bytes_that_could_not_be_overwritten_are_told_until_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let vault = Vault::open(&path).unwrap();
    vault.put("issuer", key(1)).unwrap();
    let old = folder.path().join("old");
    std::fs::write(&old, [0xa5; 64]).unwrap();
    {
        let mut held = vault.lock();
        held.old.push(File::open(&old).unwrap());
        held.is_unsettled = true;
    }
    for _ in 0..2 {
        let error = vault.destroy(|name| name == "epoch/0001/2").unwrap_err();
        assert!(error.to_string().contains("overwrite the old bytes"));
    }
    vault.lock().old = vec![OpenOptions::new().write(true).open(&old).unwrap()];
    assert_eq!(vault.destroy(|name| name == "issuer").unwrap(), 1);
    assert_eq!(std::fs::read(&old).unwrap(), [0; 64]);
}

#[test]
fn a_change_that_was_cut_short_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
    std::fs::write(beside(&path), [9; 100]).unwrap();
    let vault = Vault::open(&path).unwrap();
    assert_eq!(vault.names(), ["issuer"]);
    assert!(!beside(&path).exists());
    vault.put("log", key(2)).unwrap();
}

#[test]
fn a_changed_or_cut_vault_is_refused_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(decoded(&changed).is_none(), "byte {at}");
        assert!(decoded(&whole[..at]).is_none(), "cut at {at}");
    }
    std::fs::write(&path, &whole[..20]).unwrap();
    assert!(matches!(
        Vault::open(&path),
        Err(VaultError::Damaged { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), &whole[..20]);
}

#[test]
fn a_vault_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    Vault::open(&path).unwrap().put("issuer", key(1)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Vault::open(&path), Err(VaultError::Open { .. })));
}

#[test]
fn a_secret_says_nothing_of_itself() {
    assert_eq!(format!("{:?}", key(3)), "Secret");
}
