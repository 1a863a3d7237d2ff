//! The Merkle tree of RFC 6962, and how a log lies in files.

use candor_wire::{
    PublicKey,
    log::{
        Bundle, Hash, ProofError, Tile, Tree, consistency_proof, inclusion_proof, leaf_hash,
        node_hash, root, tiles_between, verify_consistency, verify_inclusion,
    },
};

pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|at| leaf_hash(&at.to_be_bytes())).collect()
}

/// RFC 6962, section 2.1, as it is written there.
fn root_as_defined(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => root([]),
        1 => leaves[0],
        n => {
            let left = 1 << (n - 1).ilog2();
            node_hash(
                &root_as_defined(&leaves[..left]),
                &root_as_defined(&leaves[left..]),
            )
        }
    }
}

#[test]
fn the_root_is_that_of_rfc_6962() {
    // Of certificate-transparency's reference tests: no leaf, and the eight leaves.
    let hex = |text: &str| Hash(*PublicKey::from_hex(text).unwrap().as_bytes());
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root([]), hex(empty));
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (count, expected) in (1..=8).zip(roots) {
        assert_eq!(
            root(inputs[..count].iter().map(|it| leaf_hash(it))),
            hex(expected),
            "{count}"
        );
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_nothing_else() {
    for size in 1..=40_u64 {
        let all = leaves(size);
        let whole = root(all.iter().copied());
        assert_eq!(whole, root_as_defined(&all));
        for index in 0..size {
            let path = inclusion_proof(all.iter().copied(), index, size).unwrap();
            let leaf = all[usize::try_from(index).unwrap()];
            assert_eq!(verify_inclusion(&leaf, index, size, &path, &whole), Ok(()));
            let other = leaf_hash(b"other");
            assert!(verify_inclusion(&other, index, size, &path, &whole).is_err());
            for wrong in (0..size).filter(|wrong| *wrong != index) {
                assert!(verify_inclusion(&leaf, wrong, size, &path, &whole).is_err());
            }
            let longer = [&path[..], &[other]].concat();
            assert!(verify_inclusion(&leaf, index, size, &longer, &whole).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_inclusion(&leaf, index, size, shorter, &whole).is_err());
            }
        }
        let beyond = verify_inclusion(&all[0], size, size, &[], &whole);
        assert_eq!(beyond, Err(ProofError::Range));
        assert_eq!(inclusion_proof(all.iter().copied(), size, size), None);
        assert_eq!(
            inclusion_proof(all.iter().copied(), 0, size + 1),
            None,
            "a leaf is missing"
        );
    }
}

#[test]
fn every_small_tree_begins_every_larger_one() {
    for new in 1..=33_u64 {
        let all = leaves(new);
        let new_root = root(all.iter().copied());
        for old in 1..=new {
            let beginning = &all[..usize::try_from(old).unwrap()];
            let old_root = root(beginning.iter().copied());
            let proof = consistency_proof(&all, old).unwrap();
            let check = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old, old_root, new, new_root, proof)
            };
            assert_eq!(
                check(&old_root, &new_root, &proof),
                Ok(()),
                "{old} of {new}"
            );
            let other = leaf_hash(b"other");
            assert!(check(&other, &new_root, &proof).is_err(), "{old} of {new}");
            assert!(check(&old_root, &other, &proof).is_err(), "{old} of {new}");
            let longer = [&proof[..], &[other]].concat();
            assert!(
                check(&old_root, &new_root, &longer).is_err(),
                "{old} of {new}"
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert!(
                    check(&old_root, &new_root, shorter).is_err(),
                    "{old} of {new}"
                );
            }
        }
        assert_eq!(consistency_proof(&all, 0), None);
        assert_eq!(consistency_proof(&all, new + 1), None);
        let shrunk = verify_consistency(new + 1, &new_root, new, &new_root, &[]);
        assert_eq!(shrunk, Err(ProofError::Range));
        assert_eq!(
            verify_consistency(0, &new_root, new, &new_root, &[]),
            Ok(())
        );
    }
}

#[test]
fn a_tree_that_grows_has_the_root_of_its_leaves() {
    let all = leaves(600);
    let mut tree = Tree::default();
    for (at, leaf) in all.iter().enumerate() {
        assert_eq!(tree.root(), root(all[..at].iter().copied()));
        tree.push(*leaf);
        assert_eq!(tree.size(), at as u64 + 1);
    }
}

#[test]
fn tiles_lie_where_the_specification_says() {
    let tile = |level, index, width| Tile {
        level,
        index,
        width,
    };
    assert_eq!(tile(0, 1_234_067, 256).path(), "tile/0/x001/x234/067");
    assert_eq!(tile(1, 0, 5).path(), "tile/1/000.p/5");
    let bundle = Bundle {
        index: 999,
        width: 1,
    };
    assert_eq!(bundle.path(), "tile/entries/999.p/1");
    // The specification's own example: a log of 70,000 leaves.
    let tiles = tiles_between(0, 70_000);
    let partial: Vec<_> = tiles.iter().filter(|it| it.width < 256).copied().collect();
    assert_eq!(partial, [tile(0, 273, 112), tile(1, 1, 17), tile(2, 0, 1)]);
    assert_eq!(tiles.len(), 274 + 2 + 1);
    assert_eq!(
        tiles_between(255, 257),
        [tile(0, 0, 256), tile(0, 1, 1), tile(1, 0, 1)]
    );
    assert_eq!(tiles_between(7, 7), []);
}

#[test]
fn tiles_hold_the_hashes_of_the_tree() {
    let all = leaves(600);
    let level_0 = Tile {
        level: 0,
        index: 2,
        width: 88,
    }
    .bytes(&all)
    .unwrap();
    assert_eq!(level_0.len(), 88 * 32);
    assert_eq!(level_0[..32], all[512].0);
    let level_1 = Tile {
        level: 1,
        index: 0,
        width: 2,
    }
    .bytes(&all)
    .unwrap();
    assert_eq!(level_1[..32], root(all[..256].iter().copied()).0);
    assert_eq!(level_1[32..], root(all[256..512].iter().copied()).0);
    assert_eq!(
        Tile {
            level: 1,
            index: 0,
            width: 3
        }
        .bytes(&all),
        None
    );
    assert_eq!(
        Tile {
            level: 200,
            index: u64::MAX,
            width: 3
        }
        .bytes(&all),
        None
    );
    let entries: [&[u8]; 3] = [b"one", b"", b"three"];
    let bytes = Bundle::bytes(entries).unwrap();
    assert_eq!(bytes, b"\0\x03one\0\0\0\x05three");
    assert_eq!(Bundle::read(&bytes).unwrap(), entries);
    assert_eq!(Bundle::read(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Bundle::bytes([&[0; 0x10000][..]]), None);
    assert_eq!(Bundle::read(&[0; 2 * 257]), None, "257 leaves");
}
