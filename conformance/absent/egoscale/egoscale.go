// Package v3 declares, with the shapes that ExternalDNS's Exoscale provider
// compiles against, the few names of the Exoscale client library.
//
// ExternalDNS's controller package imports the constructors of every in-tree
// provider, and with them every provider's client library. This one could not be
// obtained in the version that ExternalDNS asks for. Nothing in the conformance
// suite constructs the Exoscale provider, so the module is replaced by
// declarations that compile and refuse to work; where the real module is to be
// had, the replacement can be deleted from go.mod.
package v3

import (
	"context"
	"errors"

	"github.com/exoscale/egoscale/v3/credentials"
)

// ErrAbsent is what every call answers: the real library is not linked.
var ErrAbsent = errors.New("the exoscale client library is not linked into the conformance suite")

type (
	// UUID identifies a domain, a record or an operation.
	UUID string
	// Endpoint is the base URL of the API.
	Endpoint string
	// DNSDomainRecordType is the type of a record that exists.
	DNSDomainRecordType string
	// CreateDNSDomainRecordRequestType is the type of a record to create.
	CreateDNSDomainRecordRequestType string
	// OperationState is the state of an asynchronous operation.
	OperationState string
)

// OperationStateSuccess is the state of an operation that ended well.
const OperationStateSuccess OperationState = "success"

// DNSDomain is a zone.
type DNSDomain struct {
	ID          UUID
	UnicodeName string
}

// DNSDomainRecord is a record of a zone.
type DNSDomainRecord struct {
	ID      UUID
	Name    string
	Type    DNSDomainRecordType
	Content string
	Ttl     int64
}

// ListDNSDomainsResponse is the answer to [Client.ListDNSDomains].
type ListDNSDomainsResponse struct{ DNSDomains []DNSDomain }

// ListDNSDomainRecordsResponse is the answer to [Client.ListDNSDomainRecords].
type ListDNSDomainRecordsResponse struct{ DNSDomainRecords []DNSDomainRecord }

// CreateDNSDomainRecordRequest asks for a record.
type CreateDNSDomainRecordRequest struct {
	Name    string
	Type    CreateDNSDomainRecordRequestType
	Content string
	Ttl     int64
}

// UpdateDNSDomainRecordRequest asks for a record's change.
type UpdateDNSDomainRecordRequest struct {
	Content string
	Ttl     int64
}

// Operation is an asynchronous operation.
type Operation struct{}

// Client is the API client.
type Client struct{}

// ClientOpt configures a [Client].
type ClientOpt func(*Client) error

// ClientOptWithEndpoint is accepted and ignored.
func ClientOptWithEndpoint(Endpoint) ClientOpt {
	return func(*Client) error { return nil }
}

// NewClient always fails with [ErrAbsent].
func NewClient(*credentials.Credentials, ...ClientOpt) (*Client, error) {
	return nil, ErrAbsent
}

// ListDNSDomains always fails with [ErrAbsent].
func (*Client) ListDNSDomains(context.Context) (*ListDNSDomainsResponse, error) {
	return nil, ErrAbsent
}

// ListDNSDomainRecords always fails with [ErrAbsent].
func (*Client) ListDNSDomainRecords(context.Context, UUID) (*ListDNSDomainRecordsResponse, error) {
	return nil, ErrAbsent
}

// CreateDNSDomainRecord always fails with [ErrAbsent].
func (*Client) CreateDNSDomainRecord(context.Context, UUID, CreateDNSDomainRecordRequest) (*Operation, error) {
	return nil, ErrAbsent
}

// UpdateDNSDomainRecord always fails with [ErrAbsent].
func (*Client) UpdateDNSDomainRecord(context.Context, UUID, UUID, UpdateDNSDomainRecordRequest) (*Operation, error) {
	return nil, ErrAbsent
}

// DeleteDNSDomainRecord always fails with [ErrAbsent].
func (*Client) DeleteDNSDomainRecord(context.Context, UUID, UUID) (*Operation, error) {
	return nil, ErrAbsent
}

// Wait always fails with [ErrAbsent].
func (*Client) Wait(context.Context, *Operation, ...OperationState) (*Operation, error) {
	return nil, ErrAbsent
}
