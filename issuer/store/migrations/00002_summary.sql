-- The second QR code of papers: the address of the verification service that it
-- opens, and its text, signed when the certificate was. "" is none.

-- +goose Up
ALTER TABLE body ADD COLUMN verifier TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN summary TEXT NOT NULL DEFAULT '';
