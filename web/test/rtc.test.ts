import { expect, test } from "vitest";
import { iceOf, withIce } from "../src/client/rtc.ts";

const OFFER = [
  "v=0", "a=group:BUNDLE 0 1", "m=audio 1 UDP/TLS/RTP/SAVPF 111", "a=candidate:1 1 udp 1 10.0.0.1 9 typ host", "a=ice-ufrag:abcd",
  "a=ice-pwd:secret", "a=end-of-candidates", "a=mid:0", "a=rtpmap:111 opus/48000/2", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=ice-ufrag:abcd", "a=ice-pwd:secret", "a=mid:1", "",
].join("\r\n");

test("a fragment has the ICE of the first part alone", () => {
  expect(iceOf(OFFER).split("\r\n")).toEqual([
    "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=candidate:1 1 udp 1 10.0.0.1 9 typ host", "a=ice-ufrag:abcd", "a=ice-pwd:secret",
    "a=end-of-candidates", "a=mid:0", "",
  ]);
});

test("a description takes the ICE of a fragment, and is what it was else", () => {
  const fragment = "m=audio 9 x\r\na=mid:0\r\na=ice-ufrag:new1\r\na=ice-pwd:other\r\na=candidate:2 1 udp 1 10.0.0.2 9 typ host\r\na=end-of-candidates\r\n";
  expect(withIce(OFFER, fragment).split("\r\n")).toEqual([
    "v=0", "a=group:BUNDLE 0 1", "m=audio 1 UDP/TLS/RTP/SAVPF 111", "a=ice-ufrag:new1", "a=ice-pwd:other",
    "a=candidate:2 1 udp 1 10.0.0.2 9 typ host", "a=end-of-candidates", "a=mid:0", "a=rtpmap:111 opus/48000/2",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=ice-ufrag:new1", "a=ice-pwd:other", "a=mid:1", "",
  ]);
});
