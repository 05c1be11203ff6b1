module sallyport.dev/differential/peer-opa

go 1.26.0

require github.com/open-policy-agent/opa v1.19.1
