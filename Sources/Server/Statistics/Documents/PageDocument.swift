/// One page of a list.

struct PageDocument<Item: Codable & Sendable>: Codable, Sendable {
    var items: [Item]
    /// The most items that were asked for.
    var limit: Int
    /// How many items of the whole list come before these.
    var offset: Int
    /// Where the next page begins; null on the last one.
    @Nullable var nextOffset: Int?
}

extension PageDocument: Equatable where Item: Equatable {}
