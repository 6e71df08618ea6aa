// Package ecs stands where Traefik speaks with Amazon's containers, by a library that takes long to compile.
package ecs

import (
	"errors"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/safe"
)

// Provider provides nothing.
type Provider struct{}

// SetDefaults has none to set.
func (*Provider) SetDefaults() {}

// Init says so.
func (*Provider) Init() error {
	return errors.New("this Traefik is built without ECS")
}

// Provide is never called, since Init fails.
func (*Provider) Provide(chan<- dynamic.Message, *safe.Pool) error {
	return nil
}
