use super::*;

#[test]
fn a_datagram_is_exactly_one_frame() {
    let frame = wire::frame::encode(b"{}").unwrap();
    assert_eq!(whole_body(&frame).unwrap().unwrap(), b"{}");
    assert_eq!(whole_body(&frame[..frame.len() - 1]), Ok(None));
    assert_eq!(whole_body(&[frame.as_slice(), b"x"].concat()), Ok(None));
    assert_eq!(whole_body(b"{}"), Ok(None));
    let mut torn = frame;
    *torn.last_mut().unwrap() ^= 1;
    assert!(matches!(
        whole_body(&torn),
        Err(FrameError::Checksum { .. })
    ));
}
