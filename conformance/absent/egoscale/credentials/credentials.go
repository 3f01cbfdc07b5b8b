// Package credentials declares the credentials type of the absent library.
package credentials

// Credentials holds nothing.
type Credentials struct{}

// NewStaticCredentials accepts and forgets a key and its secret.
func NewStaticCredentials(string, string) *Credentials { return &Credentials{} }
