// What arrives is passed on as it is asked for.
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Upstream

@Suite("Unread bytes")
struct UnreadBytesTests {
    /// Notes what comes by.
    private final class Recorder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private(set) var steps: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            steps.append(String(buffer: unwrapInboundIn(data)))
        }

        func channelReadComplete(context: ChannelHandlerContext) { steps.append(".") }
    }

    @Test("what was asked for goes on at once, the rest when it is asked for again")
    func steps() throws {
        let channel = EmbeddedChannel()
        let recorder = Recorder()
        try channel.pipeline.syncOperations.addHandlers(UnreadBytesHandler(), recorder)
        channel.pipeline.syncOperations.read()
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(string: "head")))
        #expect(recorder.steps == ["head", "."])
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(string: "body")))
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(string: "more")))
        channel.pipeline.syncOperations.fireChannelReadComplete()
        #expect(recorder.steps == ["head", "."])
        channel.pipeline.syncOperations.read()
        #expect(recorder.steps == ["head", ".", "body", "more", "."])
        _ = try channel.finish()
    }
}
