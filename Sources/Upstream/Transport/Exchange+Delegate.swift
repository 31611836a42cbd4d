// What the HTTP client reports of an exchange.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

extension Exchange {
    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        running.withLock { running in
            running.state.requestSent()
            running.state.limitHead(Self.limit(timeouts.responseHeader, .responseHeader))
        }
        check(on: task.eventLoop)
    }

    func didReceiveHead(
        task: HTTPClient.Task<Void>, _ head: HTTPResponseHead
    ) -> EventLoopFuture<Void> {
        let waiter = running.withLock { $0.state.receive(head: head) }
        check(on: task.eventLoop)
        waiter?.resume(returning: head)
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(
        task: HTTPClient.Task<Void>, _ buffer: ByteBuffer
    ) -> EventLoopFuture<Void> {
        let promise = task.eventLoop.makePromise(of: Void.self)
        let delivery = running.withLock { running in
            let delivery = running.state.receive(body: buffer)
            if case .pause = delivery { running.state.pause(promise) }
            return delivery
        }
        switch delivery {
        case .hand(let chunk, let waiter):
            promise.succeed()
            waiter.resume(returning: chunk)
        case .kept: promise.succeed()
        case .pause: break
        }
        return promise.futureResult
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {
        let (waiter, timer) = running.withLock { running in
            (running.state.finish(), running.release())
        }
        timer?.cancel()
        waiter?.resume(returning: nil)
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        fail(error)
    }

    func fail(_ error: any Error, discarding: Bool = false) {
        let (waiters, timer) = running.withLock { running in
            (running.state.fail(error, discarding: discarding), running.release())
        }
        timer?.cancel()
        waiters.paused?.succeed()
        waiters.head?.resume(throwing: error)
        waiters.body?.resume(throwing: error)
    }
}
