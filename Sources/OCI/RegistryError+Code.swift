// RegistryError.Code: the error codes of the distribution-spec and their HTTP statuses.

extension RegistryError {
    /// The codes of the OCI distribution-spec, followed by those that Docker's registry API knows
    /// beside them.
    package enum Code: String, CaseIterable, Sendable {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"

        case paginationNumberInvalid = "PAGINATION_NUMBER_INVALID"
        case rangeInvalid = "RANGE_INVALID"
        case tagInvalid = "TAG_INVALID"
        case unavailable = "UNAVAILABLE"
        case unknown = "UNKNOWN"

        /// The HTTP status a failure with this code has unless it states another.
        package var status: Int {
            switch self {
            case .blobUploadInvalid, .digestInvalid, .manifestInvalid, .nameInvalid, .sizeInvalid,
                .paginationNumberInvalid, .tagInvalid:
                400
            case .unauthorized: 401
            case .denied: 403
            case .blobUnknown, .blobUploadUnknown, .manifestBlobUnknown, .manifestUnknown,
                .nameUnknown:
                404
            case .unsupported: 405
            case .rangeInvalid: 416
            case .tooManyRequests: 429
            case .unknown: 500
            case .unavailable: 503
            }
        }
    }
}
